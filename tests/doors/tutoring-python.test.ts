import { beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { pay } from '../support/booking.ts'
import { eventsOf, NEEDS_PYTHON, noPython, runPython, type Finding } from '../support/python.ts'
import { openWorld, type World } from '../support/world.ts'
import { tokens } from './client.ts'

const [TUTOR, QUICK_TUTOR] = [7, 9]
const RATE = { amount: 4000, currency: 'USD' }

const CHECKS = [
  'is alive and ready',
  'creates: 201 with the sixteen fields, pending and unpaid, at the tutor’s rate',
  'reads one and lists all',
  'only students create: 403 in the document’s words; nobody without a token',
  'a booking that is not there is 404, somebody else’s too',
  'what the service raises as ValueError is 400 in its words',
  '30 minutes and 4 hours are allowed, and cost so many hours',
  'times conflict when each begins before the other ends: touching is none, another tutor’s neither',
  'reads times as the document’s own model does, whichever way they are written',
  'reads the other fields as the document’s own model does',
  'what the document’s own model refuses is 422, with the same faults at the same fields',
  'is not confirmed or completed before it is paid',
  'paid: confirmed, with a meeting',
  'cancelled more than 24 hours ahead: the money comes back; a second time is refused',
  'cancelled within 24 hours: cancelled, and the money stays',
  'cancelled unpaid: its time is free again, and it is confirmed no more',
  'a payment that fails cancels it',
  'not paid in time it is cancelled, and its time is free again',
  'begins and is completed by its tutor, and is cancelled no more',
  'consumes its events with the document’s own classes, in the order of the life cycle',
]

describe.skipIf(noPython !== null)(`a Python client of the tutoring document (${NEEDS_PYTHON})`, () => {
  let findings: Finding[] = []
  beforeAll(async () => {
    findings = await play()
  })

  test.each(CHECKS)('F-01 F-07 %s', (name) => {
    expect(findings.filter((finding) => finding.name === name)).toEqual([{ name, ok: true, detail: '' }])
  })

  test('F-01 F-07 makes these checks, and no others', () => {
    expect(findings.map(({ name }) => name)).toEqual(CHECKS)
  })
})

async function play(): Promise<Finding[]> {
  const world = await openWorld()
  try {
    await offer(world, TUTOR, {})
    await offer(world, QUICK_TUTOR, { hold_seconds: 3, lapse_grace_seconds: 1 })
    const settings = {
      base_url: `${world.apiUrl}/doors/tutoring`,
      tokens: await tokens(world, {
        student: ['student', '42'],
        stranger: ['student', '43'],
        tutor: ['provider', String(TUTOR)],
        operator: ['operator', '1'],
      }),
      tutor: TUTOR,
      quick_tutor: QUICK_TUTOR,
      rate: RATE.amount / 100,
    }
    const own = await world.as('student', '42')
    return await runPython('tutoring_client.py', settings, {
      // The payment happens at the payment service, which the document leaves to others.
      pay: async ({ number, method }) => {
        const { body } = await own.get<BookingBody>(`/bookings/number/${number}`)
        return pay(world, body, method)
      },
      events: () => eventsOf(world),
    })
  } finally {
    await world.close()
  }
}

async function offer(world: World, tutor: number, policy: object): Promise<void> {
  const operator = await world.as('operator', 'olga')
  const person = { name: 'Tess', email: 'tess@example.test' }
  await world.service.put(`/control/tutors/${tutor}`, { ...person, hourly_rate: RATE, subjects: ['maths'] })
  await operator.put(`/offerings/tutor-${tutor}`, {
    profile: 'tutoring',
    name: 'Maths',
    provider: { id: String(tutor), name: 'Tess' },
    price: RATE,
    price_unit: 'hour',
    policy,
  })
}
