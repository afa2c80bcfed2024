import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { hold, until } from '../support/booking.ts'
import { offerCourse, offerSeats, offerSlots } from '../support/offers.ts'
import type { Event } from '../support/stripe-account/webhooks.ts'
import { openStripeWorld, type StripeWorld } from '../support/stripe-world.ts'

// Money stories at a Stripe with a memory (tests/support/stripe-account): each ends, with the file, by comparing our ledger with that account's books.

let at: StripeWorld
beforeAll(async () => {
  at = await openStripeWorld()
})
afterAll(() => at?.close())

/** Short enough to watch, long enough to act in. */
const SHORT = { hold_seconds: 1, lapse_grace_seconds: 1, processing_grace_seconds: 1 }
const PRICE = 9900

async function versionOf(id: string): Promise<number> {
  return (await at.ada.get<BookingBody>(`/bookings/${id}`)).body.version
}

const typeOf = ({ type }: Event) => type

describe('S-04 a card', () => {
  test('S-04 X-05 is authorised, and captured once the units are the booking’s', async () => {
    const booking = await at.confirmed(await offerCourse(at.world))
    expect(at.stripe.ledger(booking.id)).toEqual({ authorized: PRICE, captured: PRICE })
    const done = at.stripe.server.came.filter(({ id }) => id === at.intentOf(booking)).map(({ operation }) => operation)
    expect(done).toEqual(['capture'])
  })

  test('S-04 X-05 is charged at once where the policy says so', async () => {
    const booking = await at.confirmed(await offerCourse(at.world, null, { capture: 'automatic' }))
    expect(at.stripe.ledger(booking.id)).toEqual({ captured: PRICE })
  })

  test('S-04 is charged in a currency without decimals that are used', async () => {
    const booking = await at.confirmed(await offerSlots(at.world))
    expect(at.stripe.intent(at.intentOf(booking))).toMatchObject({ amount: 15_000_000, currency: 'idr' })
  })

  test('S-04 X-13 that is declined may be another one the next time', async () => {
    const booking = await hold(at.ada, (await offerSlots(at.world)).order())
    at.stripe.pay(at.intentOf(booking), 'pm_card_chargeDeclinedInsufficientFunds')
    await until(at.ada, booking.id, ({ payment }) => expect(payment?.status).toBe('failed'))
    at.stripe.pay(at.intentOf(booking), 'pm_card_visa')
    await until(at.ada, booking.id, { status: 'confirmed' })
  })

  test('S-04 X-13 that is declined ends a booking whose policy says so, and its intent', async () => {
    const booking = await hold(at.ada, (await offerSeats(at.world)).order())
    at.stripe.pay(at.intentOf(booking), 'pm_card_chargeDeclined')
    const ended = await until(at.ada, booking.id, { status: 'cancelled' })
    expect(ended.cancellation?.reason).toBe('payment_failed')
    expect(at.stripe.intent(at.intentOf(booking)).status).toBe('canceled')
  })

  test('S-04 whose bank asks its owner first is no payment until they have answered', async () => {
    const booking = await hold(at.ada, (await offerCourse(at.world)).order())
    at.stripe.pay(at.intentOf(booking), 'pm_card_authenticationRequired')
    await at.stripe.webhooks.idle()
    expect(await versionOf(booking.id)).toBe(booking.version)
    at.stripe.pay(at.intentOf(booking), 'pm_card_authenticationRequired')
    await until(at.ada, booking.id, { status: 'confirmed' })
  })

  test('S-04 X-05 whose bank goes back on its word ends the booking, and nothing is taken', async () => {
    const booking = await hold(at.ada, (await offerCourse(at.world)).order())
    at.stripe.pay(at.intentOf(booking), 'pm_card_captureDeclined')
    const ended = await until(at.ada, booking.id, ({ status, payment }) =>
      expect([status, payment?.status]).toEqual(['cancelled', 'cancelled']),
    )
    expect(ended.cancellation?.reason).toBe('capture_failed')
    expect(at.stripe.ledger(booking.id)).toEqual({ authorized: PRICE, voided: PRICE })
  })
})

describe('S-04 a bank that takes its time', () => {
  test.each(['kept', 'sold'] as const)(
    'S-04 X-02 H-03 pays too late for a seat that was %s meanwhile',
    async (seat) => {
      const offer = await offerSeats(at.world, 1, { ...SHORT, capture: 'automatic' })
      const booking = await hold(at.ada, offer.order())
      at.stripe.pay(at.intentOf(booking), 'pm_usBankAccount')
      const expired = await until(at.ada, booking.id, { status: 'expired' })
      expect(expired.attention?.reason ?? null).toBe('payment_outcome_unknown')
      if (seat === 'sold') {
        const ben = await at.world.as('customer', 'ben')
        const other = await hold(ben, offer.order())
        at.stripe.pay(at.intentOf(other))
        await until(ben, other.id, { status: 'confirmed' })
      }
      at.stripe.settle(at.intentOf(booking), 'succeeded')
      if (seat === 'kept') await until(at.ada, booking.id, { status: 'confirmed', attention: null })
      else {
        await until(at.ada, booking.id, ({ refund }) =>
          expect(refund).toMatchObject({ status: 'completed', amount: 4500 }),
        )
        expect(at.stripe.ledger(booking.id)).toMatchObject({ captured: 4500, refunded: 4500 })
      }
    },
  )

  test('S-04 X-03 and says no in the end, costs nothing', async () => {
    const booking = await hold(at.ada, (await offerSeats(at.world)).order())
    at.stripe.pay(at.intentOf(booking), 'pm_usBankAccount')
    await until(at.ada, booking.id, { waiting_for: 'payment_outcome' })
    at.stripe.settle(at.intentOf(booking), 'failed')
    await until(at.ada, booking.id, { status: 'cancelled' })
    expect(at.stripe.ledger(booking.id)).toEqual({})
  })
})

describe('N-18 somebody captures a part at the dashboard', () => {
  test.each(['first', 'last'] as const)(
    'N-18 before it is our turn: less than the price confirms nothing, and goes back; Stripe’s last word comes %s',
    async (place) => {
      at.stripe.webhooks.mode = 'kept'
      const booking = await hold(at.ada, (await offerCourse(at.world)).order())
      at.stripe.pay(at.intentOf(booking))
      at.stripe.capture(at.intentOf(booking), 4000)
      const events = at.stripe.webhooks.takeKept()
      await at.stripe.webhooks.send(place === 'last' ? events : events.toReversed())
      const ended = await until(at.ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))
      expect(ended).toMatchObject({ status: 'cancelled', cancellation: { reason: 'amount_mismatch' } })
      expect(at.stripe.ledger(booking.id)).toEqual({
        authorized: PRICE,
        captured: 4000,
        voided: PRICE - 4000,
        refunded: 4000,
      })
    },
  )
})

describe('N-10 another payment than the one that was asked for', () => {
  test.each([
    ['the price in another currency', PRICE, 'eur'],
    ['less than the price', 5000, 'usd'],
  ])('N-10 %s confirms nothing, and goes back in full, in the currency it came in', async (_, amount, currency) => {
    const booking = await hold(at.ada, (await offerCourse(at.world)).order())
    const { id } = at.stripe.openIntent(booking.id, amount, currency)
    at.stripe.pay(id)
    await until(at.ada, booking.id, { status: 'cancelled' })
    await expect
      .poll(() => at.stripe.refundsOf(id).map((refund) => refund.amount), { timeout: 30_000 })
      .toEqual([amount])
    expect(at.stripe.intent(at.intentOf(booking)).charge).toBeNull()
  })
})

describe('N-19 nothing is no payment', () => {
  test('N-19 a signed success of 0 is refused, and the booking goes on', async () => {
    const booking = await hold(at.ada, (await offerCourse(at.world)).order())
    at.stripe.webhooks.mode = 'kept'
    at.stripe.pay(at.intentOf(booking))
    const events = at.stripe.webhooks.takeKept()
    const [paid] = events.filter(({ type }) => type === 'payment_intent.amount_capturable_updated')
    const forged = structuredClone(paid!)
    const nothing = {
      ...forged,
      id: `${forged.id}_0`,
      data: { object: { ...forged.data.object, amount_capturable: 0 } },
    }
    await expect(at.stripe.webhooks.send([nothing], 1)).rejects.toThrow('422')
    expect(await versionOf(booking.id)).toBe(booking.version)
    await at.stripe.webhooks.send(events)
    await until(at.ada, booking.id, { status: 'confirmed' })
  })

  test('N-19 what costs nothing is confirmed, and Stripe never hears of it', async () => {
    const offer = await offerCourse(at.world)
    const { status } = await at.olga.put(`/offerings/${offer.offeringId}`, {
      profile: 'course',
      name: 'Free',
      price: { amount: 0, currency: 'USD' },
    })
    expect(status).toBe(200)
    const booking = await hold(at.ada, offer.order())
    await until(at.ada, booking.id, { status: 'confirmed' })
    expect(at.stripe.intentsOf(booking.id)).toEqual([])
  })

  test('N-19 less than Stripe’s least is refused for good, and the booking ends', async () => {
    const offer = await offerCourse(at.world)
    const price = { amount: 30, currency: 'USD' }
    await at.olga.put(`/offerings/${offer.offeringId}`, { profile: 'course', name: 'Cheap', price })
    const { body } = await at.ada.post<BookingBody>('/bookings', offer.order())
    await until(at.ada, body.id, { status: 'cancelled' })
    expect(at.stripe.intentsOf(body.id)).toEqual([])
  })
})

describe('N-12 a key that was rotated', () => {
  test('N-12 ends no booking: neither one that needs an intent, nor one whose money is to be taken', async () => {
    const offer = await offerCourse(at.world)
    at.stripe.webhooks.mode = 'kept'
    const paid = await hold(at.ada, offer.order())
    at.stripe.pay(at.intentOf(paid))
    at.stripe.server.rotate('sk_test_of_the_second_day')
    try {
      const unpaid = await hold(at.ada, offer.order())
      expect(unpaid.payment).toBeNull()
      await at.stripe.webhooks.send(at.stripe.webhooks.takeKept())
      await until(at.ada, paid.id, { status: 'pending', waiting_for: 'capture' })
      at.stripe.server.rotate(null)
      await until(at.ada, paid.id, { status: 'confirmed' })
      const asked = await until(at.ada, unpaid.id, ({ payment }) => expect(payment).not.toBeNull())
      at.stripe.pay(at.intentOf(asked))
      await until(at.ada, unpaid.id, { status: 'confirmed' })
    } finally {
      at.stripe.server.rotate(null)
    }
  })
})

describe('H-24 Stripe in trouble', () => {
  test.each([
    ['is asked too much', { status: 429, times: 1 }],
    ['fails before it does anything', { status: 500, times: 1 }],
    ['fails when it is done, and says so again under the key', { status: 500, executed: true, times: 1 }],
    ['is cut off', { reset: true, times: 2 }],
  ])('H-24 H-06 %s: each operation is done once, whatever it is', async (_, fault) => {
    const offer = await offerCourse(at.world)
    try {
      at.stripe.server.fault({ operation: 'create_intent', ...fault })
      const held = await hold(at.ada, offer.order())
      const booking = await until(at.ada, held.id, ({ payment }) => expect(payment).not.toBeNull())
      at.stripe.server.fault({ operation: 'capture', ...fault }, { operation: 'get_intent', ...fault })
      at.stripe.pay(at.intentOf(booking))
      await until(at.ada, booking.id, { status: 'confirmed' })
      at.stripe.server.fault({ operation: 'refund', ...fault }, { operation: 'list_refunds', ...fault })
      await at.ada.post(`/bookings/${booking.id}/cancel`, {})
      await until(at.ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))
      expect(at.stripe.ledger(booking.id)).toEqual({ authorized: PRICE, captured: PRICE, refunded: PRICE })
    } finally {
      at.stripe.server.fault()
    }
  })
})

describe('H-08 webhooks', () => {
  test.each(['backwards', 'each twice', 'twice over'] as const)(
    'H-08 that come %s change what they say once',
    async (how) => {
      at.stripe.webhooks.mode = 'kept'
      const booking = await hold(at.ada, (await offerCourse(at.world, null, { capture: 'automatic' })).order())
      at.stripe.pay(at.intentOf(booking), 'pm_card_chargeDeclined')
      at.stripe.pay(at.intentOf(booking))
      const events = at.stripe.webhooks.takeKept()
      expect(events.map(typeOf)).toContain('payment_intent.succeeded')
      const orders = {
        backwards: events.toReversed(),
        'each twice': events.flatMap((event) => [event, event]),
        'twice over': [...events, ...events],
      }
      await at.stripe.webhooks.send(orders[how])
      const { version } = await until(at.ada, booking.id, { status: 'confirmed' })
      const again = await at.stripe.webhooks.send(events)
      expect(again.filter((outcome) => outcome !== 'repeated' && outcome !== 'ignored')).toEqual([])
      expect(await versionOf(booking.id)).toBe(version)
      expect(at.stripe.ledger(booking.id)).toEqual({ captured: PRICE })
    },
  )
})
