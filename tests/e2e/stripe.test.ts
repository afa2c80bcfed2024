import { randomUUID } from 'node:crypto'
import { Stripe } from 'stripe'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { hold, until } from '../support/booking.ts'
import type { Answer } from '../support/caller.ts'
import { eventually } from '../support/eventually.ts'
import { offerCourse, offerSeats } from '../support/offers.ts'
import { rowsOf } from '../support/refusals.ts'
import { noStripeMock, startStripeMock } from '../support/stripe-mock.ts'
import { openStripeStage, stripeIntent, stripeRefund, type StripeStage } from '../support/stripe.ts'
import { openWorld, type World } from '../support/world.ts'

const SECRET = 'whsec_of_our_endpoint'

type Sent = { readonly id?: string; readonly secret?: string; readonly secondsAgo?: number; readonly tamper?: string }

/** A webhook as Stripe sends it: an event about an object, signed by Stripe's own library. */
async function tell({ apiUrl }: World, type: string, object: object, sent: Sent = {}): Promise<Answer> {
  const { id = `evt_${randomUUID()}`, secret = SECRET, secondsAgo = 0, tamper = '' } = sent
  const timestamp = Math.floor(Date.now() / 1000) - secondsAgo
  // Stripe counts in whole seconds, as its intents do; the sandbox's, which some of these are about, have milliseconds.
  const created = Math.ceil(Date.now() / 1000)
  const payload = JSON.stringify({ id, object: 'event', type, created, data: { object } })
  const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp })
  const response = await fetch(`${apiUrl}/api/v1/webhooks/stripe`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'stripe-signature': signature },
    body: payload + tamper,
  })
  return { status: response.status, body: (await response.json()) as Answer['body'], headers: response.headers }
}

/** The intent of a booking as Stripe would show it. */
function intentOf(booking: BookingBody, more: Partial<Stripe.PaymentIntent> = {}): Stripe.PaymentIntent {
  return stripeIntent({
    id: booking.payment?.intent_id ?? '',
    amount: booking.amount,
    currency: booking.currency.toLowerCase(),
    metadata: { booking_id: booking.id },
    ...more,
  })
}

describe('webhooks of Stripe', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld({ environment: { STRIPE_WEBHOOK_SECRET: SECRET } })
  })
  afterAll(() => world.close())

  const held = async (policy: Record<string, unknown> = {}) =>
    hold(await world.as('customer', 'ada'), (await offerSeats(world, 1, policy)).order())

  test('change what they say once, however often they are told (A-19, H-08)', async () => {
    const booking = await held()
    const object = intentOf(booking, { status: 'processing' })
    const id = `evt_${booking.id}`
    const first = await tell(world, 'payment_intent.processing', object, { id })
    expect(first).toMatchObject({ status: 200, body: { outcome: 'applied' } })
    const again = await Promise.all([1, 2, 3].map(() => tell(world, 'payment_intent.processing', object, { id })))
    for (const { status, body } of again)
      expect({ status, body }).toEqual({ status: 200, body: { outcome: 'repeated' } })
    const ada = await world.as('customer', 'ada')
    const seen = await until(ada, booking.id, { waiting_for: 'payment_outcome' })
    expect(seen.version).toBe(booking.version + 1)
  })

  test('about a declined card end a booking whose profile says so (A-19, X-13)', async () => {
    const booking = await held()
    const last_payment_error = { type: 'card_error', code: 'card_declined' } as const
    const { body } = await tell(world, 'payment_intent.payment_failed', intentOf(booking, { last_payment_error }))
    expect(body).toEqual({ outcome: 'applied' })
    await until(await world.as('customer', 'ada'), booking.id, { status: 'cancelled' })
  })

  test('that nobody signed with our secret are refused, and leave nothing (A-19)', async () => {
    const object = intentOf(await held(), { status: 'succeeded' })
    const before = await rowsOf(world)
    for (const sent of [{ secret: 'whsec_guessed' }, { secondsAgo: 600 }, { secondsAgo: -600 }, { tamper: ' ' }]) {
      const { status, body } = await tell(world, 'payment_intent.succeeded', object, sent)
      expect({ status, body }).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
    }
    expect(await rowsOf(world)).toEqual(before)
  })

  test('about anything that is not ours are acknowledged, and leave nothing (A-19)', async () => {
    const booking = await held()
    const before = await rowsOf(world)
    for (const [type, object] of [
      ['customer.created', { object: 'customer' }],
      ['payment_intent.requires_action', intentOf(booking, { status: 'requires_action' })],
      ['payment_intent.succeeded', stripeIntent({ status: 'succeeded' })],
      ['refund.updated', stripeRefund({ payment_intent: 'pi_of_somebody_else', metadata: { refund_key: 'r' } })],
    ] as const) {
      expect(await tell(world, type, object)).toMatchObject({ status: 200, body: { outcome: 'ignored' } })
    }
    expect(await rowsOf(world)).toEqual(before)
  })

  test('that are no event are refused, and leave nothing (A-19)', async () => {
    const before = await rowsOf(world)
    const { status, body } = await tell(world, 'payment_intent.succeeded', [])
    expect({ status, body }).toMatchObject({ status: 422, body: { code: 'validation_failed' } })
    expect(await rowsOf(world)).toEqual(before)
  })

  test('about a booking that is not known yet wait for it (A-19, H-07)', async () => {
    const id = `evt_${randomUUID()}`
    const early = stripeIntent({ status: 'processing', metadata: { booking_id: randomUUID() } })
    const told = await tell(world, 'payment_intent.processing', early, { id })
    expect(told).toMatchObject({ status: 202, body: { outcome: 'parked' } })
    const row = await world.parts.database.processedEvent.findUniqueOrThrow({ where: { eventId: id } })
    expect(row).toMatchObject({ source: 'stripe', deliveredAt: null })
  })
})

/** What makes a world pay at Stripe, or at whoever plays it. */
function atStripe(url: string): Record<string, string> {
  return {
    PAYMENT_PROVIDER: 'stripe',
    PAYMENT_SERVICE_URL: '',
    STRIPE_SECRET_KEY: 'sk_test_123',
    STRIPE_API_BASE: url,
    STRIPE_WEBHOOK_SECRET: SECRET,
  }
}

// stripe-mock's intents never change, so what follows from that is told with answers of Stripe's shape.
describe('a booking whose money is set aside at Stripe', () => {
  let world: World
  let stage: StripeStage
  beforeAll(async () => {
    stage = await openStripeStage()
    world = await openWorld({ environment: atStripe(stage.url) })
  })
  afterAll(async () => {
    await world?.close()
    await stage?.close()
  })

  const intent = (id: string, more: Partial<Stripe.PaymentIntent> = {}) => ({
    body: stripeIntent({ id, client_secret: `${id}_secret_1`, amount: 9900, currency: 'usd', ...more }),
  })

  test('is captured when its units are its own, and given back under the refund’s key (S-04, X-05, H-06)', async () => {
    const captured = { status: 'succeeded', amount_received: 9900 } as const
    stage.put({
      'POST /v1/payment_intents': intent('pi_paid'),
      'POST /v1/payment_intents/pi_paid/capture': intent('pi_paid', captured),
      'GET /v1/refunds': { body: { object: 'list', data: [], has_more: false } },
      'POST /v1/refunds': { body: stripeRefund({ amount: 9900, currency: 'usd', payment_intent: 'pi_paid' }) },
    })
    const ada = await world.as('customer', 'ada')
    const booking = await hold(ada, (await offerCourse(world)).order())
    const authorised = intentOf(booking, { status: 'requires_capture', amount_capturable: 9900 })
    await tell(world, 'payment_intent.amount_capturable_updated', authorised)
    await until(ada, booking.id, { status: 'confirmed' })
    expect((await ada.post(`/bookings/${booking.id}/cancel`, { reason: 'changed my mind' })).status).toBe(200)
    await until(ada, booking.id, ({ refund }) => expect(refund).toMatchObject({ status: 'completed', amount: 9900 }))

    const { key } = await world.parts.database.refund.findFirstOrThrow({ where: { bookingId: booking.id } })
    const operations = stage.asked.map(({ operation, ...asked }) =>
      operation === 'GET /v1/refunds' ? operation : `${operation} ${asked.key}`,
    )
    expect(operations).toEqual([
      `POST /v1/payment_intents intent:${booking.id}:1`,
      expect.stringContaining('POST /v1/payment_intents/pi_paid/capture'),
      'GET /v1/refunds',
      `POST /v1/refunds ${key}`,
    ])
  })

  test('that nobody pays asks before it ends, and cancels the intent (S-04, X-03)', async () => {
    stage.put({
      'POST /v1/payment_intents': intent('pi_unpaid'),
      'GET /v1/payment_intents/pi_unpaid': intent('pi_unpaid', { status: 'requires_action' }),
      'POST /v1/payment_intents/pi_unpaid/cancel': intent('pi_unpaid', { status: 'canceled' }),
    })
    const ada = await world.as('customer', 'ada')
    const offer = await offerCourse(world, 1, { hold_seconds: 2, lapse_grace_seconds: 1 })
    const booking = await hold(ada, offer.order())
    await until(ada, booking.id, ({ status, payment }) => {
      expect(status).toBe('expired')
      expect(payment?.status).toBe('cancelled')
    })
    expect(stage.asked.map(({ operation }) => operation)).toEqual([
      'POST /v1/payment_intents',
      'GET /v1/payment_intents/pi_unpaid',
      'POST /v1/payment_intents/pi_unpaid/cancel',
    ])
  })
})

describe.skipIf(noStripeMock)('a booking paid through Stripe (needs stripe-mock)', () => {
  let world: World
  let mock: Awaited<ReturnType<typeof startStripeMock>>
  beforeAll(async () => {
    mock = await startStripeMock()
    world = await openWorld({ environment: atStripe(mock.url) })
  })
  afterAll(async () => {
    await world?.close()
    await mock?.stop()
  })

  // stripe-mock answers each request that Stripe's API describes and remembers none, so what became of the money is told as Stripe tells it: by
  // signed events. It cannot be captured there (its intent never changes), hence the policy.
  test('is held with its intent, confirmed by Stripe’s word, cancelled, and given back (S-04, A-19, T-07)', async () => {
    const ada = await world.as('customer', 'ada')
    const booking = await hold(ada, (await offerCourse(world, null, { capture: 'automatic' })).order())
    expect(booking.payment).toMatchObject({ intent_id: expect.stringMatching(/^pi_/) as string, amount: 9900 })
    expect(booking.payment?.client_secret).toMatch(/_secret_/)

    await tell(world, 'payment_intent.processing', intentOf(booking, { status: 'processing' }))
    await until(ada, booking.id, { waiting_for: 'payment_outcome' })
    const paid = intentOf(booking, { status: 'succeeded', amount_received: 9900, payment_method: 'pm_card_visa' })
    await tell(world, 'payment_intent.succeeded', paid)
    await until(ada, booking.id, ({ status, payment }) => {
      expect(status).toBe('confirmed')
      expect(payment).toMatchObject({ status: 'succeeded', method: 'pm_card_visa' })
    })

    expect((await ada.post(`/bookings/${booking.id}/cancel`, { reason: 'changed my mind' })).status).toBe(200)
    const end = await until(ada, booking.id, ({ refund }) =>
      expect(refund).toMatchObject({ status: 'completed', amount: 9900 }),
    )

    const refund = await world.parts.database.refund.findFirstOrThrow({ where: { bookingId: booking.id } })
    const done = stripeRefund({
      amount: 9900,
      currency: 'usd',
      payment_intent: booking.payment?.intent_id ?? '',
      metadata: { refund_key: refund.key },
    })
    expect(await tell(world, 'refund.updated', done)).toMatchObject({ status: 200, body: { outcome: 'stale' } })
    await eventually(async () => {
      const { body } = await ada.get<BookingBody>(`/bookings/${booking.id}`)
      expect(body).toMatchObject({ status: 'cancelled', version: end.version, attention: null })
    })
  })
})
