import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { reconcileNow } from '../../temporal/reconciliation.ts'
import { hold, until } from '../support/booking.ts'
import { offerCourse, type Offer } from '../support/offers.ts'
import { openStripeWorld, type StripeWorld } from '../support/stripe-world.ts'

// What comes back, what is disputed and what nobody told us of, at a Stripe with a memory. The file ends by comparing our ledger with its books.

let at: StripeWorld
let course: Offer
beforeAll(async () => {
  at = await openStripeWorld()
  course = await offerCourse(at.world)
})
afterAll(() => at?.close())

const PRICE = 9900

const cancel = async ({ id }: BookingBody) => {
  const { status, body } = await at.ada.post(`/bookings/${id}/cancel`, { reason: 'ill' })
  expect({ status, body }).toMatchObject({ status: 200 })
}
const refunded = ({ id }: BookingBody, amount: number) =>
  until(at.olga, id, ({ refund }) => expect(refund).toMatchObject({ status: 'completed', amount }))
const called = ({ id }: BookingBody, reason: string) =>
  until(at.olga, id, ({ attention }) => expect(attention?.reason).toBe(reason))
const isWell = ({ id }: BookingBody) => until(at.olga, id, { attention: null })
const operate = async ({ id }: BookingBody, operation: string, more: object = {}) => {
  const { status, body } = await at.olga.post(`/bookings/${id}/operations`, { operation, reason: 'a story', ...more })
  expect({ status, body }).toMatchObject({ status: 200 })
}
const refundKeyOf = async ({ id }: BookingBody) =>
  (await at.world.parts.database.refund.findFirstOrThrow({ where: { bookingId: id } })).key
const ledgerOf = async ({ id }: BookingBody) => {
  const lines = await at.world.parts.database.ledgerEntry.findMany({ where: { bookingId: id }, orderBy: { id: 'asc' } })
  return lines.map(({ kind, amount }) => [kind, Number(amount)])
}
const reconcile = () =>
  reconcileNow(at.world.parts.temporal, at.world.config.TASK_QUEUE, { repairs: true, graceSeconds: 0 })

describe('N-13 N-15 a refund', () => {
  test('N-13 that is on its way for a while is given once', async () => {
    const booking = await at.confirmed(course, 'pm_card_pendingRefund')
    await cancel(booking)
    await refunded(booking, PRICE)
    const [refund] = at.stripe.refundsOf(at.intentOf(booking))
    at.stripe.settleRefund(refund!)
    await at.stripe.webhooks.idle()
    expect(at.stripe.ledger(booking.id)).toMatchObject({ refunded: PRICE })
    await isWell(booking)
  })

  test('N-13 that does not work this time is made again, and is another one at Stripe', async () => {
    const booking = await at.confirmed(course, 'pm_card_refundFail')
    await cancel(booking)
    await refunded(booking, PRICE)
    expect(at.stripe.refundsOf(at.intentOf(booking)).map(({ status }) => status)).toEqual(['succeeded', 'failed'])
    await isWell(booking)
  })

  test('N-13 that comes back within the second of its success calls a person, who pays by other means', async () => {
    const booking = await at.confirmed(course)
    await cancel(booking)
    await refunded(booking, PRICE)
    at.stripe.webhooks.mode = 'kept'
    at.stripe.failRefund(at.stripe.refundsOf(at.intentOf(booking))[0]!)
    const [first, ...later] = at.stripe.webhooks.takeKept()
    await at.stripe.webhooks.send([first!])
    await called(booking, 'refund_bounced')
    at.handOver(booking, PRICE)
    await operate(booking, 'settle_refund', { refund_key: await refundKeyOf(booking) })
    // Stripe says it in three events.
    await at.stripe.webhooks.send(later)
    await isWell(booking)
    expect(at.stripe.refundsOf(at.intentOf(booking))).toHaveLength(1)
  })

  test('N-15 that Stripe cannot make is stopped, or settled by hand, and never paid twice', async () => {
    const booking = await at.confirmed(course)
    at.stripe.server.fault({ operation: 'refund', status: 500 })
    try {
      await cancel(booking)
      await until(at.olga, booking.id, ({ available_actions }) => expect(available_actions).toContain('settle_refund'))
      at.handOver(booking, PRICE)
      await operate(booking, 'settle_refund', { refund_key: await refundKeyOf(booking) })
    } finally {
      at.stripe.server.fault()
    }
    await reconcile()
    await isWell(booking)
    expect(at.stripe.refundsOf(at.intentOf(booking))).toEqual([])
  })
})

describe('N-14 a refund at the dashboard', () => {
  test.each([
    ['in part', 4000],
    ['in full', PRICE],
  ])('N-14 %s leaves that much less to give back when it is cancelled', async (_, amount) => {
    const booking = await at.confirmed(course)
    at.stripe.refund(at.intentOf(booking), amount)
    await called(booking, 'refunded_elsewhere')
    await operate(booking, 'acknowledge')
    await cancel(booking)
    await until(at.olga, booking.id, { status: 'cancelled', waiting_for: null })
    await expect.poll(() => at.stripe.ledger(booking.id)['refunded'], { timeout: 30_000 }).toBe(PRICE)
    await isWell(booking)
  })

  test.each(['by other means', 'at the dashboard'])(
    'N-14 that comes back is told of, and is given anew %s',
    async (how) => {
      const booking = await at.confirmed(course)
      const refund = at.stripe.refund(at.intentOf(booking), 4000)
      await called(booking, 'refunded_elsewhere')
      at.stripe.failRefund(refund)
      await called(booking, 'refund_bounced')
      if (how === 'at the dashboard') at.stripe.refund(at.intentOf(booking), 4000)
      else {
        at.handOver(booking, 4000)
        await operate(booking, 'settle_refund', { refund_key: `elsewhere:${refund.id}` })
      }
      await isWell(booking)
      expect(at.stripe.refundsOf(at.intentOf(booking))).toHaveLength(how === 'at the dashboard' ? 2 : 1)
    },
  )

  test('N-14 of which the webhook comes after a cancellation: what Stripe does not have is not asked for again and again', async () => {
    const booking = await at.confirmed(course)
    at.stripe.webhooks.mode = 'kept'
    at.stripe.refund(at.intentOf(booking), 4000)
    const events = at.stripe.webhooks.takeKept()
    await cancel(booking)
    await called(booking, 'refund_failed')
    await at.stripe.webhooks.send(events)
    await isWell(booking)
    await expect.poll(() => at.stripe.ledger(booking.id)['refunded'], { timeout: 30_000 }).toBe(PRICE)
  })
})

describe('N-14 a dispute', () => {
  test('N-14 that is lost is in the ledger, and nothing is given back beside it', async () => {
    const booking = await at.confirmed(course)
    const dispute = at.stripe.dispute(at.intentOf(booking))
    at.stripe.withdraw(dispute)
    await called(booking, 'disputed')
    await cancel(booking)
    at.stripe.closeDispute(dispute, 'lost')
    await called(booking, 'dispute_lost')
    await operate(booking, 'acknowledge')
    await isWell(booking)
    expect(at.stripe.refundsOf(at.intentOf(booking))).toEqual([])
    expect(await ledgerOf(booking)).toEqual([
      ['captured', PRICE],
      ['disputed', -PRICE],
    ])
  })

  test('N-14 that is won gives the money back to us, and a cancellation gives it to the customer', async () => {
    const booking = await at.confirmed(course)
    const dispute = at.stripe.dispute(at.intentOf(booking))
    at.stripe.withdraw(dispute)
    await called(booking, 'disputed')
    await cancel(booking)
    at.stripe.closeDispute(dispute, 'won')
    await refunded(booking, PRICE)
    await isWell(booking)
    expect(at.stripe.ledger(booking.id)).toMatchObject({
      captured: PRICE,
      disputed: PRICE,
      dispute_returned: PRICE,
      refunded: PRICE,
    })
  })

  test('N-14 X-07 that nobody had told us of refuses a refund; once it is won, the refund is tried again and made', async () => {
    const booking = await at.confirmed(course)
    at.stripe.webhooks.mode = 'kept'
    const dispute = at.stripe.dispute(at.intentOf(booking))
    await cancel(booking)
    await called(booking, 'refund_failed')
    at.stripe.closeDispute(dispute, 'won')
    await at.stripe.webhooks.send(at.stripe.webhooks.takeKept())
    await operate(booking, 'retry')
    await refunded(booking, PRICE)
    await isWell(booking)
    expect(at.stripe.ledger(booking.id)).toMatchObject({ captured: PRICE, refunded: PRICE })
  })

  test.each([
    ['won', 'backwards'],
    ['lost', 'backwards'],
    ['won', 'each twice'],
    ['lost', 'each twice'],
  ] as const)('N-14 about a part, %s, is the same when its webhooks come %s', async (end, how) => {
    const booking = await at.confirmed(course)
    at.stripe.webhooks.mode = 'kept'
    const dispute = at.stripe.dispute(at.intentOf(booking), 3000)
    at.stripe.withdraw(dispute)
    at.stripe.closeDispute(dispute, end)
    const events = at.stripe.webhooks.takeKept()
    await at.stripe.webhooks.send(how === 'backwards' ? events.toReversed() : events.flatMap((event) => [event, event]))
    if (end === 'lost') {
      await called(booking, 'dispute_lost')
      await operate(booking, 'acknowledge')
    }
    await isWell(booking)
    const kept = (await ledgerOf(booking)).reduce((sum, [, amount]) => sum + Number(amount), 0)
    expect(kept).toBe(end === 'lost' ? PRICE - 3000 : PRICE)
  })
})

describe('H-25 webhooks that never come', () => {
  test('H-25 of a payment: it is found, and confirmed', async () => {
    at.stripe.webhooks.mode = 'lost'
    try {
      for (const capture of ['manual', 'automatic']) {
        // Its run asks before the hold ends.
        const offer = await offerCourse(at.world, null, { capture, hold_seconds: 2, lapse_grace_seconds: 2 })
        const booking = await hold(at.ada, offer.order())
        at.stripe.pay(at.intentOf(booking))
        await until(at.ada, booking.id, { status: 'confirmed' })
        expect(at.stripe.ledger(booking.id)['captured']).toBe(PRICE)
      }
    } finally {
      at.stripe.webhooks.mode = 'sent'
    }
  })

  test('H-25 N-10 of a payment that somebody made elsewhere, in another currency', async () => {
    const booking = await at.confirmed(course)
    at.stripe.webhooks.mode = 'lost'
    const { id } = at.stripe.openIntent(booking.id, 7000, 'eur')
    at.stripe.pay(id)
    at.stripe.webhooks.mode = 'sent'
    await reconcile()
    await expect.poll(() => at.stripe.refundsOf(id).map(({ amount }) => amount), { timeout: 30_000 }).toEqual([7000])
  })

  test('H-25 N-14 of a refund at the dashboard: a person is called', async () => {
    const booking = await at.confirmed(course)
    at.stripe.webhooks.mode = 'kept'
    at.stripe.refund(at.intentOf(booking), 4000)
    const events = at.stripe.webhooks.takeKept()
    await reconcile()
    await called(booking, 'payments_disagree')
    await at.stripe.webhooks.send(events)
    await reconcile()
    await called(booking, 'refunded_elsewhere')
    await operate(booking, 'acknowledge')
    expect(await ledgerOf(booking)).toEqual([
      ['captured', PRICE],
      ['refunded', -4000],
    ])
  })

  test('H-25 N-14 of a dispute: a person is called', async () => {
    const booking = await at.confirmed(course)
    at.stripe.webhooks.mode = 'kept'
    const dispute = at.stripe.dispute(at.intentOf(booking))
    at.stripe.withdraw(dispute)
    const events = at.stripe.webhooks.takeKept()
    await reconcile()
    await called(booking, 'payments_disagree')
    await at.stripe.webhooks.send(events)
    at.stripe.closeDispute(dispute, 'won')
    await reconcile()
    await isWell(booking)
    expect((await ledgerOf(booking)).map(([kind]) => kind)).toEqual(['captured', 'disputed', 'dispute_returned'])
  })
})
