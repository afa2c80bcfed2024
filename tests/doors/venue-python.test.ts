import { beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { pay } from '../support/booking.ts'
import { offerTables } from '../support/offers.ts'
import { eventsOf, NEEDS_PYTHON, noPython, runPython, type Finding } from '../support/python.ts'
import { openWorld } from '../support/world.ts'
import { tokens } from './client.ts'

const CHECKS = [
  'checks availability by venue, date, time and party',
  'creates: PENDING, with guest, venue, price and what is held until when',
  'reads by id and by reference, and lists by guest and by venue',
  'goes PENDING, CONFIRMED by its payment, CHECKED_IN, COMPLETED, each step with its time and a new version',
  'the business confirms what nobody has paid, and a guest does not',
  'is CANCELLED from PENDING, CONFIRMED and CHECKED_IN, by guest and by business',
  'NO_SHOW: the guest did not come',
  'EXPIRED: not confirmed in time; the table is free again',
  'every transition that the state machine does not have is a conflict, and changes nothing',
  'an update, a cancellation and a status need the version, and a stale one is a conflict with the booking as it is',
  'of eight updates of one version at once, one is made and seven are conflicts',
  'updates date, time, length, party and notes, and keeps id and reference',
  'a key makes create, update and cancel once, and gives the first answer again',
  'a full house is a conflict; a party too large too; an unknown venue is not there',
  'what is not valid is 422 and names the field',
  'nobody without a token, nobody else’s bookings, and what is not there is 404',
  'consumes the eight events by their names, those of each status and one for each change of it',
]

describe.skipIf(noPython !== null)(`a Python client of the venues document (${NEEDS_PYTHON})`, () => {
  let findings: Finding[] = []
  beforeAll(async () => {
    findings = await play()
  })

  test.each(CHECKS)('F-04 F-07 %s', (name) => {
    expect(findings.filter((finding) => finding.name === name)).toEqual([{ name, ok: true, detail: '' }])
  })

  test('F-04 F-07 makes these checks, and no others', () => {
    expect(findings.map(({ name }) => name)).toEqual(CHECKS)
  })
})

async function play(): Promise<Finding[]> {
  const world = await openWorld()
  try {
    const dinner = await offerTables(world, [2, 4])
    const quick = await offerTables(world, [4], { hold_seconds: 4, lapse_grace_seconds: 1 })
    const settings = {
      base_url: `${world.apiUrl}/doors/venue`,
      tokens: await tokens(world, {
        guest: ['customer', 'ada'],
        stranger: ['customer', 'ben'],
        business: ['operator', 'olga'],
      }),
      venue: `bistro-${dinner.offeringId}`,
      quick_venue: `bistro-${quick.offeringId}`,
    }
    const own = await world.as('customer', 'ada')
    return await runPython('venue_client.py', settings, {
      pay: async ({ id }) => pay(world, (await own.get<BookingBody>(`/bookings/${id}`)).body),
      events: () => eventsOf(world),
    })
  } finally {
    await world.close()
  }
}
