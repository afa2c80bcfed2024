import { randomBytes, randomUUID } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { Answer, Caller } from '../support/caller.ts'
import { hold, ledgerOf, pay, until } from '../support/booking.ts'
import { offerSeats } from '../support/offers.ts'
import { expectRefused, rowsOf, type Code } from '../support/refusals.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
let booking: BookingBody
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
  booking = await hold(ada, (await offerSeats(world)).order())
})
afterAll(() => world.close())

type Signing = { id?: string; at?: Date; secret?: string; signedPayload?: string }

/** The headers of a webhook, signed for a payload. */
function signed(payload: string, { id = `evt_${randomUUID()}`, at = new Date(), secret }: Signing = {}) {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret ?? world.config.PAYMENT_WEBHOOK_SECRET).sign(id, at, payload),
  }
}

async function deliver(payload: string, headers: Record<string, string>): Promise<Answer> {
  return world.withToken(null).post('/webhooks/payments', payload, headers)
}

/** An event about the booking’s payment, as JSON text. */
function event(more: Record<string, unknown> = {}, data: Record<string, unknown> = {}): string {
  return JSON.stringify({
    id: `evt_${randomUUID()}`,
    type: 'payment_intent.succeeded',
    timestamp: new Date().toISOString(),
    data: {
      intent_id: booking.payment?.intent_id,
      booking_id: booking.id,
      amount: booking.amount,
      currency: booking.currency,
      ...data,
    },
    ...more,
  })
}

/** Expects a refusal that neither stored the event nor told the booking. */
async function expectRefusal(payload: string, headers: Record<string, string>, code: Code): Promise<void> {
  await expectRefused(world, () => deliver(payload, headers), code)
  expect((await ada.get<BookingBody>(`/bookings/${booking.id}`)).body).toEqual(booking)
}

describe('a webhook whose signature does not hold', () => {
  test('A-19 is refused without any of its three headers, or with nothing in them', async () => {
    const payload = event()
    const headers = signed(payload)
    await expectRefusal(payload, {}, 'unauthenticated')
    for (const name of Object.keys(headers) as (keyof typeof headers)[]) {
      const { [name]: _, ...others } = headers
      await expectRefusal(payload, others, 'unauthenticated')
      await expectRefusal(payload, { ...others, [name]: '' }, 'unauthenticated')
    }
  })

  test.each([
    ['words', 'garbage'],
    ['a version alone', 'v1,'],
    ['bytes that are none', 'v1,AAAA'],
    ['another version', 'v0,'],
    ['an asymmetric version', 'v1a,'],
    ['fifty of them', Array.from({ length: 50 }, () => `v1,${randomBytes(32).toString('base64')}`).join(' ')],
    ['NUL bytes in base 64', `v1,${Buffer.alloc(32).toString('base64')}`],
  ])('A-19 is refused with a signature of %s', async (_, signature) => {
    const payload = event()
    await expectRefusal(payload, { ...signed(payload), 'webhook-signature': signature }, 'unauthenticated')
  })

  test('A-19 is refused under a version that is not checked here, right as it may be', async () => {
    const payload = event()
    const headers = signed(payload)
    const signature = headers['webhook-signature'].replace(/^v1,/, 'v0,')
    await expectRefusal(payload, { ...headers, 'webhook-signature': signature }, 'unauthenticated')
  })

  test('A-19 is refused when it was made for other bytes, were it but a space', async () => {
    const payload = event()
    const headers = signed(payload)
    const reordered = JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(payload) as object).toReversed()))
    for (const other of [` ${payload}`, `${payload}\n`, JSON.stringify(JSON.parse(payload), null, 1), reordered]) {
      await expectRefusal(other, headers, 'unauthenticated')
    }
    await expectRefusal(event({}, { amount: 1 }), headers, 'unauthenticated')
    await expectRefusal(payload, { ...headers, 'webhook-id': 'evt_other' }, 'unauthenticated')
    const later = String(Number(headers['webhook-timestamp']) + 1)
    await expectRefusal(payload, { ...headers, 'webhook-timestamp': later }, 'unauthenticated')
  })

  test('A-19 is refused when it was made with another secret', async () => {
    const payload = event()
    const secret = `whsec_${randomBytes(32).toString('base64')}`
    await expectRefusal(payload, signed(payload, { secret }), 'unauthenticated')
    // Among others the right one holds: secrets are changed while both are in use.
    const right = signed(payload)
    const wrong = signed(payload, { id: right['webhook-id'], secret })
    const both = `${wrong['webhook-signature']} ${right['webhook-signature']}`
    const unknown = event({ type: 'payment_intent.nothing' })
    expect(await deliver(unknown, { ...right, 'webhook-signature': both })).toMatchObject({ status: 401 })
  })

  test.each([
    ['an hour old', -3600],
    ['six minutes old', -360],
    ['six minutes ahead', 360],
    ['a year ahead', 366 * 86_400],
  ])('A-19 is refused when it is %s', async (_, seconds) => {
    const payload = event()
    await expectRefusal(payload, signed(payload, { at: new Date(Date.now() + seconds * 1000) }), 'unauthenticated')
  })

  test('A-19 is refused with a time that is none', async () => {
    const payload = event()
    for (const time of ['now', '-1', '1e400', 'NaN', '', `${Date.now()}`]) {
      await expectRefusal(payload, { ...signed(payload), 'webhook-timestamp': time }, 'unauthenticated')
    }
    expect(await rowsOf(world)).toMatchObject({ processed_events: 0 })
  })
})

describe('a webhook that is signed and says nonsense', () => {
  test.each([
    ['no JSON', 'nope'],
    ['an unfinished object', '{"id": "evt_1"'],
    ['nothing', ''],
    ['two objects', '{}{}'],
    ['brackets without end', '['.repeat(30_000)],
  ])('A-19 as %s is malformed', async (_, payload) => {
    await expectRefusal(payload, signed(payload), 'malformed')
    expect(await rowsOf(world)).toMatchObject({ processed_events: 0 })
  })

  test.each([
    ['null', () => 'null'],
    ['a list', () => '[]'],
    ['a number', () => '1'],
    ['very deep', () => `${'['.repeat(30_000)}${']'.repeat(30_000)}`],
    ['nothing of what it needs', () => '{}'],
    ['a type that is a list', () => event({ type: ['payment_intent.succeeded'] })],
    ['no id', () => event({ id: undefined })],
    ['an empty id', () => event({ id: '' })],
    ['an id of 201 characters', () => event({ id: 'x'.repeat(201) })],
    ['an id with a NUL', () => event({ id: 'evt_\u0000' })],
    ['an id with half a character', () => event({ id: 'evt_\ud800' })],
    ['a time that is none', () => event({ timestamp: 'today' })],
    [
      'N-59 a time that is two days ahead',
      () => event({ timestamp: new Date(Date.now() + 2 * 86_400_000).toISOString() }),
    ],
    ['N-59 an intent in two lines', () => event({}, { intent_id: 'pi_1\nx' })],
    ['a time in the year 9999', () => event({ timestamp: '9999-12-31T23:59:59Z' })],
    ['a time in the year 0', () => event({ timestamp: '0000-01-01T00:00:00Z' })],
    ['no data', () => event({ data: undefined })],
    ['data that are a list', () => event({ data: [] })],
    ['no intent', () => event({}, { intent_id: undefined })],
    ['an intent with a NUL', () => event({}, { intent_id: 'pi_\u0000' })],
    ['a method with half a character', () => event({}, { payment_method: 'pm_\ud800' })],
    ['a failure code with a NUL', () => event({}, { failure_code: 'declined\u0000' })],
    ['a refund key with a NUL', () => event({ type: 'refund.succeeded' }, { refund_key: 'refund:\u0000' })],
    ['a booking that is no id', () => event({}, { booking_id: 'latest' })],
    ['an amount below nothing', () => event({}, { amount: -1 })],
    ['an amount with a fraction', () => event({}, { amount: 45.5 })],
    ['an amount as text', () => event({}, { amount: '4500' })],
    ['an amount beyond all numbers', () => event().replace(/"amount":\d+/, '"amount":1e400')],
    ['an amount beyond exact numbers', () => event().replace(/"amount":\d+/, '"amount":9007199254740993')],
    ['an amount beyond all bookings', () => event({}, { amount: 9_007_199_254_740_991 })],
  ])('A-19 as %s is not valid', async (_, payload) => {
    const text = payload()
    await expectRefusal(text, signed(text), 'validation_failed')
    expect(await rowsOf(world)).toMatchObject({ processed_events: 0 })
  })

  test.each(['payment_intent.exploded', 'constructor', 'charge.dispute.created.v2'])(
    'N-55 of a kind that nobody here knows is taken and changes nothing: %s',
    async (type) => {
      const payload = event({ type, data: { whatever: [1] } })
      expect(await deliver(payload, signed(payload))).toMatchObject({ status: 200, body: { outcome: 'ignored' } })
      await expectRefusal(payload, { ...signed(payload), 'webhook-signature': 'v1,AAAA' }, 'unauthenticated')
      expect(await rowsOf(world)).toMatchObject({ processed_events: 0 })
    },
  )

  test('N-54 a backslash that is escaped is a backslash, and bytes that are no UTF-8 are malformed', async () => {
    const payload = event({ type: 'payment_intent.processing', id: 'evt_\\u0000', timestamp: '2026-01-01T00:00:00Z' })
    expect(payload).toContain('\\\\u0000')
    expect((await deliver(payload, signed(payload))).status).toBeLessThan(300)
    const broken = new Uint8Array([...Buffer.from('{"id":"'), 0xff, ...Buffer.from('"}')])
    const response = await fetch(`${world.apiUrl}/api/v1/webhooks/payments`, {
      method: 'POST',
      headers: signed('{}'),
      body: broken,
    })
    expect(response.status).toBe(400)
    await world.parts.database.processedEvent.deleteMany({ where: { eventId: 'evt_\\u0000' } })
  })

  test('A-19 of 300 KB is too large', async () => {
    const payload = event({ padding: 'x'.repeat(300 * 1024) })
    await expectRefusal(payload, signed(payload), 'payload_too_large')
    const fitting = event({ id: '', padding: 'x'.repeat(200 * 1024) })
    await expectRefusal(fitting, signed(fitting), 'validation_failed')
  })
})

describe('a webhook that is good', () => {
  test('A-19 H-08 the same id twice has one effect, at once, later, and under another signature', async () => {
    const other = await hold(ada, (await offerSeats(world)).order())
    await pay(world, other, 'pm_bank_immediate')
    const paid = await until(ada, other.id, { status: 'confirmed' })
    // The fact the booking has been told already, by the payment service itself, told again under a new id.
    const id = `evt_${randomUUID()}`
    const payload = event({ id }, { booking_id: other.id, intent_id: other.payment?.intent_id })
    const answers = await Promise.all(Array.from({ length: 5 }, () => deliver(payload, signed(payload))))
    for (const { status } of answers) expect(status).toBe(200)
    const late = signed(payload, { id: 'msg_other', at: new Date(Date.now() - 60_000) })
    expect(await deliver(payload, late)).toMatchObject({ status: 200, body: { outcome: 'repeated' } })
    expect((await ada.get<BookingBody>(`/bookings/${other.id}`)).body).toEqual(paid)
    expect(await ledgerOf(world, other.id)).toEqual({ captured: 4500 })
    const stored = await world.parts.database.processedEvent.count({ where: { eventId: id } })
    expect(stored).toBe(1)
  })

  test('A-19 needs no token, and no content type', async () => {
    const payload = event({ type: 'payment_intent.processing', timestamp: '2026-01-01T00:00:00Z' })
    for (const type of ['text/plain', 'application/json', 'application/json; charset=utf-8']) {
      const { status } = await deliver(payload, { ...signed(payload), 'content-type': type })
      expect(status).toBeLessThan(300)
    }
    expect(await until(ada, booking.id, { status: 'pending' })).toMatchObject({ payment: { status: 'pending' } })
  })
})
