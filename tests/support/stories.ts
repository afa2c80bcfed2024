import { expect } from 'vitest'
import { followupId, paymentArrived } from '../../workflows/contract.ts'
import { hold, pay, until } from './booking.ts'
import { payChange } from './changes.ts'
import { inDays, offerSeats, offerSlots, offerTables, offerTutor } from './offers.ts'
import {
  became,
  cancel,
  change,
  confirmed,
  decided,
  operated,
  refundFailed,
  refundIs,
  refundRefused,
  refusedOne,
  withFault,
} from './story-steps.ts'
import type { World } from './world.ts'

/** A booking's story, lived through to its end; answers with the booking's id. */
export type Story = (world: World) => Promise<string>

/** Short enough to watch, long enough to act in. */
const SHORT = { hold_seconds: 2, lapse_grace_seconds: 1, processing_grace_seconds: 1 }

const BY_HAND = {
  by: { role: 'operator', id: 'olga' },
  reason: 'given back at the bank',
  expectedVersion: null,
} as const

/** The stories of design.md, whose histories are recorded (H-23). A story that changes gets another name: what was recorded stays. */
export const STORIES: Readonly<Record<string, Story>> = {
  'confirmed-automatic': async (world) => {
    const booking = await confirmed(world, await offerTables(world, [4], { capture: 'automatic' }))
    return booking.id
  },

  'confirmed-manual': async (world) => {
    const booking = await confirmed(world, await offerTutor(world))
    return booking.id
  },

  'confirmed-free': async (world) => {
    const booking = await hold(await world.as('customer', 'ada'), (await offerSeats(world, 1, {}, 0)).order())
    return became(world, booking, { status: 'confirmed' })
  },

  'confirmed-intent-late': async (world) => {
    const offer = await offerSlots(world)
    const booking = await withFault(world, { operation: 'create_intent', status: 503, times: 1 }, async () =>
      hold(await world.as('customer', 'ada'), offer.order()),
    )
    const asked = await until(await world.as('customer', 'ada'), booking.id, { waiting_for: 'payment' })
    await pay(world, asked)
    return became(world, booking, { status: 'confirmed' })
  },

  refused: async (world) => {
    const offer = await offerSeats(world)
    const seats = offer.unitIds.map((id) => ({ id, price: 45 }))
    const event = {
      name: 'Concert',
      venue: { id: 'hall', name: 'Hall' },
      starts_at: inDays(30),
      ends_at: inDays(30, 3),
      on_sale: false,
      currency: 'USD',
      seats,
    }
    expect((await world.service.put(`/control/events/${offer.offeringId}`, event)).status).toBe(200)
    const refused = await (await world.as('customer', 'ada')).post('/bookings', offer.order())
    expect(refused).toMatchObject({ status: 409, body: { code: 'policy_forbids' } })
    return refusedOne(world)
  },

  expired: async (world) => {
    const booking = await hold(await world.as('customer', 'ada'), (await offerSlots(world, { policy: SHORT })).order())
    return became(world, booking, { status: 'expired', waiting_for: null })
  },

  'processing-extended': async (world) => {
    const offer = await offerSeats(world, 1, { ...SHORT, processing_grace_seconds: 60 })
    const booking = await hold(await world.as('customer', 'ada'), offer.order())
    await pay(world, booking, 'pm_bank_slow', { processing_seconds: 4, outcome: 'succeeded' })
    return became(world, booking, { status: 'confirmed' })
  },

  'cancelled-unpaid': async (world) => {
    const booking = await hold(await world.as('customer', 'ada'), (await offerSeats(world)).order())
    await cancel(world, booking)
    return became(world, booking, { status: 'cancelled', waiting_for: null })
  },

  'cancelled-refunded': async (world) => {
    const booking = await confirmed(world, await offerSlots(world))
    await cancel(world, booking)
    return became(world, booking, refundIs('completed'))
  },

  'cancelled-after-its-end': async (world) => {
    const booking = await confirmed(world, await offerSeats(world))
    await world.parts.temporal.workflow.getHandle(booking.id).result()
    await cancel(world, booking)
    return became(world, booking, refundIs('completed'))
  },

  'changed-dearer': async (world) => {
    const offer = await offerTables(world, [4])
    const booking = await confirmed(world, offer)
    const items = [{ offering_id: offer.offeringId, start: inDays(8) }]
    await change(world, booking, { items, party_size: 4 })
    await payChange(world, await world.as('customer', 'ada'), booking.id)
    return became(world, booking, { change: null, start: inDays(8), amount: 10_000 })
  },

  'changed-cheaper': async (world) => {
    const booking = await confirmed(world, await offerTables(world, [4]))
    await change(world, booking, { party_size: 1 })
    return became(world, booking, refundIs('completed'))
  },

  'items-cancelled': async (world) => {
    const offer = await offerSeats(world, 2)
    const items = offer.unitIds.map((unit_id) => ({ offering_id: offer.offeringId, unit_id }))
    const booking = await confirmed(world, offer, 'ada', { items })
    const ada = await world.as('customer', 'ada')
    expect(
      (await ada.post(`/bookings/${booking.id}/cancel`, { item_ids: ['2'], reason: 'changed my mind' })).status,
    ).toBe(200)
    return became(world, booking, refundIs('completed'))
  },

  'displaced-moved': async (world) => {
    const offer = await offerSlots(world, { slots: 2 })
    const booking = await confirmed(world, offer)
    const operator = await world.as('operator', 'olga')
    const [first = '', second = ''] = offer.unitIds
    const block = { offering_id: offer.offeringId, force: true, reason: 'burst pipe' }
    expect((await operator.post(`/units/${first}/block`, block)).status).toBe(200)
    const { version } = await until(operator, booking.id, { waiting_for: 'displacement' })
    await change(world, { ...booking, version }, { items: [{ offering_id: offer.offeringId, unit_id: second }] })
    return became(world, booking, { displacement: null, waiting_for: 'visit' })
  },

  'card-declined': async (world) => {
    const booking = await hold(await world.as('customer', 'ada'), (await offerSeats(world)).order())
    await pay(world, booking, 'pm_card_declined')
    return became(world, booking, { status: 'cancelled', waiting_for: null })
  },

  'capture-refused': async (world) => {
    const booking = await hold(await world.as('customer', 'ada'), (await offerSlots(world)).order())
    await pay(world, booking, 'pm_card_capture_fails')
    return became(world, booking, { status: 'cancelled', waiting_for: null })
  },

  'late-revived': async (world) => {
    const offer = await offerSeats(world, 1, SHORT)
    const booking = await hold(await world.as('customer', 'ada'), offer.order())
    await pay(world, booking, 'pm_bank_slow', { processing_seconds: 7, outcome: 'succeeded' })
    await became(world, booking, { status: 'expired' })
    return became(world, booking, { status: 'confirmed' })
  },

  'late-refunded': async (world) => {
    const offer = await offerSeats(world, 1, SHORT)
    const booking = await hold(await world.as('customer', 'ada'), offer.order())
    await pay(world, booking, 'pm_bank_slow', { processing_seconds: 7, outcome: 'succeeded' })
    await became(world, booking, { status: 'expired' })
    await confirmed(world, offer, 'ben')
    return became(world, booking, refundIs('completed'))
  },

  'paid-twice': async (world) => {
    const booking = await hold(await world.as('customer', 'ada'), (await offerSlots(world)).order())
    await pay(world, booking, 'pm_pays_twice')
    return became(world, booking, (seen) => {
      expect(seen.status).toBe('confirmed')
      refundIs('completed')(seen)
    })
  },

  'units-lost': async (world) => {
    const offer = await offerSeats(world, 1, { hold_seconds: 60, lapse_grace_seconds: 0 })
    const booking = await hold(await world.as('customer', 'ada'), offer.order())
    // Its lease has run out, and its workflow was too slow to see to it.
    await world.parts.database.$executeRaw`
      UPDATE claims SET expires_at = now() - interval '2 seconds', lapses_at = now() - interval '1 second' WHERE lock_id = ${booking.id}::uuid`
    await hold(await world.as('customer', 'ben'), offer.order())
    await pay(world, booking)
    return became(world, booking, { status: 'cancelled', waiting_for: null })
  },

  'told-by-signal': async (world) => {
    const offer = await offerTables(world, [4], { capture: 'automatic' })
    const booking = await hold(await world.as('customer', 'ada'), offer.order())
    await withFault(world, { service: 'webhooks', drop: true }, () => pay(world, booking))
    const paymentEvent = {
      id: `evt-${booking.id}`,
      type: 'succeeded',
      intentId: booking.payment?.intent_id ?? '',
      amount: booking.amount,
      currency: booking.currency,
      method: 'pm_card_visa',
      failureCode: null,
      refundKey: null,
      at: new Date().toISOString(),
    } as const
    await world.parts.temporal.workflow.getHandle(booking.id).signal(paymentArrived, paymentEvent)
    return became(world, booking, { status: 'confirmed' })
  },

  'approval-given': async (world) => decided(world, 'approve', { status: 'confirmed' }),

  'approval-declined': async (world) => decided(world, 'decline', { status: 'cancelled', waiting_for: null }),

  'refund-retried': async (world) => {
    const booking = await refundFailed(world)
    await world.parts.workflows.command(booking.id, 'retry', { ...BY_HAND, reason: null }, `retry-${booking.id}`)
    return became(world, booking, refundIs('completed'))
  },

  'refund-settled': async (world) => {
    const booking = await refundFailed(world)
    // Given back at the bank, by a person: under no key that we know.
    const refund = { intent_id: booking.payment?.intent_id, amount: booking.amount, currency: booking.currency }
    const key = { 'idempotency-key': `hand-${booking.id}` }
    expect((await world.service.post('/api/v1/payments/refunds', refund, key)).status).toBe(201)
    const { workflows, database } = world.parts
    const { key: refundKey } = await database.refund.findFirstOrThrow({ where: { bookingId: booking.id } })
    await workflows.command(booking.id, 'settle_refund', { ...BY_HAND, refundKey }, `settle-${booking.id}`)
    return became(world, booking, refundIs('completed'))
  },

  visited: async (world) => {
    const booking = await confirmed(world, await offerSlots(world))
    const operator = await world.as('operator', 'olga')
    for (const action of ['start', 'complete']) {
      expect((await operator.post(`/bookings/${booking.id}/status`, { action, reason: 'came early' })).status).toBe(200)
    }
    return became(world, booking, { status: 'completed' })
  },

  'not-seen': async (world) => {
    const offer = await offerTables(world, [4], { no_show_grace_seconds: 1, no_show_fee_percent: 40 })
    const start = new Date(Date.now() + 8000).toISOString()
    const booking = await confirmed(world, offer, 'ada', { items: [{ offering_id: offer.offeringId, start }] })
    return became(world, booking, (seen) => {
      expect(seen.status).toBe('no_show')
      refundIs('completed')(seen)
    })
  },

  'first-visit-missed': async (world) => {
    const offer = await offerTables(world, [4], { no_show_grace_seconds: 1, no_show_fee_percent: 40 })
    const starts = [new Date(Date.now() + 8000).toISOString(), inDays(3)]
    const items = starts.map((start) => ({ offering_id: offer.offeringId, start }))
    const booking = await confirmed(world, offer, 'ada', { items })
    return became(world, booking, (seen) => {
      expect(seen.items.map(({ status }) => status)).toEqual(['missed', 'active'])
      refundIs('completed')(seen)
    })
  },

  'reserved-confirmed': async (world) => {
    const ada = await world.as('customer', 'ada')
    const { body } = await ada.post<{ reservation_id: string }>('/reservations', (await offerSlots(world)).order())
    await ada.post(`/bookings/${body.reservation_id}/extend`, {})
    await ada.post(`/reservations/${body.reservation_id}/confirm`, {})
    const booking = await until(ada, body.reservation_id, { waiting_for: 'payment' })
    await pay(world, booking)
    return became(world, booking, { status: 'confirmed' })
  },

  'released-by-hand': async (world) => {
    const booking = await hold(await world.as('customer', 'ada'), (await offerSlots(world)).order())
    await operated(world, booking, { operation: 'force_release', reason: 'the bank is silent' })
    return became(world, booking, { status: 'expired', waiting_for: null })
  },

  'paid-by-hand': async (world) => {
    const booking = await hold(await world.as('customer', 'ada'), (await offerSlots(world)).order())
    await operated(world, booking, { operation: 'confirm_by_hand', reason: 'cash' })
    await became(world, booking, { status: 'confirmed' })
    await cancel(world, booking)
    await became(world, booking, ({ attention }) => expect(attention?.reason).toBe('refund_failed'))
    const { key } = await world.parts.database.refund.findFirstOrThrow({ where: { bookingId: booking.id } })
    await operated(world, booking, { operation: 'settle_refund', refund_key: key, reason: 'cash back' })
    return became(world, booking, refundIs('completed'))
  },

  displaced: async (world) => {
    const offer = await offerSlots(world)
    const booking = await confirmed(world, offer)
    const block = { offering_id: offer.offeringId, force: true, reason: 'flood' }
    expect((await (await world.as('operator', 'olga')).post('/units/slot-1/block', block)).status).toBe(200)
    await became(world, booking, { waiting_for: 'displacement' })
    await cancel(world, booking)
    return became(world, booking, refundIs('completed'))
  },

  'approved-before-it-is-paid': async (world) => {
    const offer = await offerSlots(world, { policy: { capture: 'automatic' }, more: { requires_approval: true } })
    const ada = await world.as('customer', 'ada')
    const { id } = await hold(ada, offer.order())
    const operator = await world.as('operator', 'olga')
    expect((await operator.post(`/bookings/${id}/status`, { action: 'approve' })).status).toBe(200)
    const booking = await until(ada, id, { waiting_for: 'payment' })
    await pay(world, booking, 'pm_bank_immediate')
    return became(world, booking, { status: 'confirmed' })
  },

  // From here on runs are listed by search attributes (workflows/visibility.ts), and stay open for a person.
  'listed-refused': async (world) => STORIES['refused']?.(world) ?? '',

  'listed-settled-in-the-ui': async (world) => {
    const { id, payment, amount, currency } = await refundFailed(world)
    const refund = { intent_id: payment?.intent_id, amount, currency }
    const key = { 'idempotency-key': `hand-${id}` }
    expect((await world.service.post('/api/v1/payments/refunds', refund, key)).status).toBe(201)
    const { key: refundKey } = await world.parts.database.refund.findFirstOrThrow({ where: { bookingId: id } })
    const settled = { reason: 'given back at the bank', refundKey }
    await world.parts.temporal.workflow.getHandle(id).executeUpdate('settle_refund', { args: [settled] })
    await world.parts.temporal.workflow.getHandle(id).result()
    return id
  },

  'listed-after-its-end': async (world) => {
    const booking = await confirmed(world, await offerSeats(world))
    await world.parts.temporal.workflow.getHandle(booking.id).result()
    await refundRefused(world, booking)
    const open = world.parts.temporal.workflow.getHandle(followupId(booking.id))
    await open.executeUpdate('retry', { args: [] })
    await open.result()
    return became(world, booking, refundIs('completed'))
  },

  'cancelled-in-the-ui': async (world) => {
    const booking = await confirmed(world, await offerSlots(world))
    await world.parts.temporal.workflow.getHandle(booking.id).cancel()
    return became(world, booking, refundIs('completed'))
  },
}
