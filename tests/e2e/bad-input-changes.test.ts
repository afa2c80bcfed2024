import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { Answer, Caller } from '../support/caller.ts'
import { hold, pay, until } from '../support/booking.ts'
import { inDays, offerSlots } from '../support/offers.ts'
import {
  expectFaultAt,
  expectRefused,
  json,
  literally,
  NO_COUNTS,
  NO_INSTANTS,
  NO_TEXTS,
  type Bad,
  type Code,
} from '../support/refusals.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let olga: Caller
let booking: BookingBody
let offeringId: string
beforeAll(async () => {
  world = await openWorld()
  olga = await world.as('operator', 'olga')
  const ada = await world.as('customer', 'ada')
  const offer = await offerSlots(world)
  offeringId = offer.offeringId
  const held = await hold(ada, offer.order())
  await pay(world, held)
  booking = await until(olga, held.id, { status: 'confirmed' })
})
afterAll(() => world.close())

async function expectRefusal(ask: () => Promise<Answer>, pointer: string, code: Code = 'validation_failed') {
  const answer = await expectRefused(world, ask, code)
  if (code === 'validation_failed') expectFaultAt(answer, pointer)
  return answer
}

const NO_OBJECTS = ['null', '[]', '"ill"', '1', 'true', '[{}]']
const NO_JSON = ['', '{', '{"reason": }', 'reason=ill', '{}{}']
/** Versions may be zero. */
const NO_VERSIONS = NO_COUNTS.filter(([name]) => !name.includes('zero'))

describe('a cancellation', () => {
  const cancel = (body: string) => () => olga.post(`/bookings/${booking.id}/cancel`, body)

  test('A-07 A-32 that is no object is refused', async () => {
    for (const body of NO_JSON) await expectRefusal(cancel(body), '', 'malformed')
    for (const body of NO_OBJECTS) await expectRefusal(cancel(body), '')
  })

  test.each(['refund', 'amount', 'percent', 'status', 'by', 'keep', '__proto__', 'constructor'])(
    'A-07 A-32 with a field named %s is refused',
    async (name) => {
      await expectRefusal(cancel(`{"reason": "ill", "${name}": 100}`), `/${name}`)
    },
  )

  test.each<Bad>([['empty', ''], ['of 501 characters', 'x'.repeat(501)], ...NO_TEXTS])(
    'A-07 A-32 whose reason is %s is refused',
    async (_, reason) => {
      await expectRefusal(cancel(json({ reason })), '/reason')
    },
  )

  test.each(NO_VERSIONS)('A-31 A-32 that expects a version of %s is refused', async (_, version) => {
    await expectRefusal(cancel(json({ expected_version: version })), '/expected_version')
  })
})

describe('a change of status', () => {
  test.each([
    ['/status', {}],
    ['/status', { status: 'paid' }],
    ['/status', { status: 'Completed' }],
    ['/status', { status: '' }],
    ['/status', { status: null }],
    ['/status', { status: ['completed'] }],
    ['/status', { status: 'completed', action: 'complete' }],
    ['/action', { action: 'confirm' }],
    ['/action', { action: 'settle_refund' }],
    ['/action', { action: 'constructor' }],
    ['/reason', { action: 'start', reason: 'a\u0000' }],
    ['/expected_version', { action: 'start', expected_version: '3' }],
    ['/expected_version', { action: 'start', expected_version: literally('1e400') }],
    ['/version', { action: 'start', version: 3 }],
    ['/actor', { action: 'start', actor: 'ada' }],
  ])('A-09 A-32 with a wrong %s is refused, by POST and PUT: %j', async (pointer, body) => {
    for (const method of ['post', 'put'] as const) {
      const ask = () => olga[method](`/bookings/${booking.id}/status`, json(body))
      await expectRefusal(ask, pointer)
    }
  })

  test('A-09 A-32 that is no object is refused', async () => {
    for (const method of ['post', 'put'] as const) {
      const change = (body: string) => () => olga[method](`/bookings/${booking.id}/status`, body)
      for (const body of NO_JSON) await expectRefusal(change(body), '', 'malformed')
      for (const body of NO_OBJECTS) await expectRefusal(change(body), '')
    }
  })
})

describe('a question of availability', () => {
  const check = (item: unknown) => () => olga.post('/bookings/availability/check', json({ items: [item] }))

  test.each(NO_COUNTS)('A-10 A-32 for a quantity or a party of %s is refused', async (_, value) => {
    await expectRefusal(check({ offering_id: offeringId, quantity: value }), '/items/0/quantity')
    await expectRefusal(check({ offering_id: offeringId, party_size: value }), '/items/0/party_size')
  })

  test.each(NO_INSTANTS)('A-10 A-32 for a time of %s is refused', async (_, value) => {
    await expectRefusal(check({ offering_id: offeringId, start: value }), '/items/0/start')
    await expectRefusal(check({ offering_id: offeringId, start: inDays(7), end: value }), '/items/0/end')
  })

  test('A-10 A-32 that is no list of items is refused', async () => {
    const ask = (body: string) => () => olga.post('/bookings/availability/check', body)
    for (const body of NO_JSON) await expectRefusal(ask(body), '', 'malformed')
    for (const body of [...NO_OBJECTS, '{}', '{"items": {}}', '{"items": null}', '{"items": [], "x": 1}']) {
      await expectRefusal(ask(body), '')
    }
    for (const item of [null, 'x', [], {}, { offering_id: 1 }, { offering_id: 'x', price: 1 }]) {
      await expectRefusal(check(item), '/items/0')
    }
  })
})

describe('an id in the path', () => {
  test.each(['1', 'null', 'undefined', 'latest', '00000000-0000-0000-0000-00000000000g', '..', '%00', "' OR 1=1 --"])(
    'A-02 A-32 that is no id is refused: %s',
    async (id) => {
      const path = `/bookings/${encodeURIComponent(id).replace('%2500', '%00').replace('..', '%2e%2e%2f')}`
      for (const ask of [
        () => olga.get(path),
        () => olga.get(`${path}/history`),
        () => olga.get(`${path}/cancellation`),
        () => olga.post(`${path}/cancel`, {}),
        () => olga.post(`${path}/status`, { action: 'start' }),
        () => olga.put(`${path}/status`, { action: 'start' }),
      ]) {
        await expectRefusal(ask, '/id')
      }
    },
  )

  test.each(['%00', 'PET-%00', 'x'.repeat(21), '%ed%a0%80', "'%20OR%201=1"])(
    'A-03 A-32 that is no reference is refused or unknown: %s',
    async (reference) => {
      const { status, body } = await olga.get(`/bookings/reference/${reference}`)
      expect([
        [400, 'malformed'],
        [404, 'not_found'],
        [422, 'validation_failed'],
      ]).toContainEqual([status, body['code']])
    },
  )

  test.each(['%00', '%20', 'x'.repeat(201), '%ed%a0%80'])(
    'A-05 A-12 A-32 that is no name is refused: %s',
    async (id) => {
      for (const path of [
        `/bookings/guest/${id}`,
        `/bookings/venue/${id}`,
        `/services/${id}/slots`,
        `/events/${id}/seats`,
        `/clinics/${id}/services`,
      ]) {
        const { status, body } = await olga.get(path)
        expect({ path, code: body['code'] ?? status }).not.toEqual({ path, code: 'unavailable' })
        expect(status).toBeLessThan(500)
      }
    },
  )
})

describe('a time in the query', () => {
  test.each(['yesterday', '', '2027-03-01', '2027-03-01T09:00:00', '9999-01-01T00:00:00Z', '%00'])(
    'A-12 A-32 that is none is refused: %s',
    async (time) => {
      for (const name of ['from', 'to']) {
        const ask = () => olga.get(`/services/${offeringId}/slots?${name}=${time}`)
        await expectRefusal(ask, `/${name}`)
      }
    },
  )
})

describe('the booking that all of that was asked of', () => {
  test('A-32 stands as it stood', async () => {
    expect((await olga.get<BookingBody>(`/bookings/${booking.id}`)).body).toEqual(booking)
  })
})
