import { expect } from 'vitest'
import type { BookingBody } from '../../../api/schemas/booking.ts'
import { BOOKING_CHANGED } from '../../../events/payloads/changed.ts'
import type { World } from '../world.ts'

/** `money` has a line for each time that money moved. */
export type End = { readonly money: readonly string[] } & Readonly<Record<string, unknown>>

/**
 * How a booking stands in every place that knows of it: what a crash must not change. Versions and times may differ, because a hold whose end falls into a crash is
 * extended. So `booking.changed` is not compared with another ending's, but with the booking's own history: one for each version (W-04), in order.
 */
export async function endOf(world: World, id: string, besides: object = {}): Promise<End> {
  const { database } = world.parts
  const operator = await world.as('operator', 'olga')
  const { body: booking } = await operator.get<BookingBody>(`/bookings/${id}`)
  const history = await database.historyEntry.findMany({ where: { bookingId: id }, orderBy: { version: 'asc' } })
  const outbox = await database.outboxMessage.findMany({ where: { bookingId: id }, orderBy: { id: 'asc' } })
  expect(told(outbox.filter(({ eventType }) => eventType === BOOKING_CHANGED)), `booking.changed of ${id}`).toEqual(
    told(history),
  )
  const claims = await database.claim.findMany({ where: { lockId: id }, orderBy: { id: 'asc' } })
  const { body: money } = await world.service.get<{ kind: string; amount: number }[]>(`/ledger?booking_id=${id}`)
  return {
    status: booking.status,
    waitingFor: booking.waiting_for,
    attention: booking.attention,
    payment: booking.payment?.status ?? null,
    refund: booking.refund === null ? null : { ...booking.refund, refunded_at: null },
    cancellation: booking.cancellation?.reason ?? null,
    items: booking.items.map(({ status }) => status),
    hasTicket: booking.ticket_reference !== null,
    hasMeeting: booking.meeting_url !== null,
    actions: booking.available_actions,
    history: withoutExtensions(
      history.map(({ factType, previousStatus, status }) => `${factType}: ${previousStatus} → ${status}`),
    ),
    outbox: outbox.map(({ eventType }) => eventType).filter((eventType) => eventType !== BOOKING_CHANGED),
    claims: claims.map(({ state, releaseReason }) => ({ state, releaseReason })),
    ...besides,
    money: money.map(({ kind, amount }) => `${kind} ${amount}`),
  }
}

const told = (lines: readonly { version: number; factType: string }[]) =>
  lines.map(({ version, factType }) => `${version} ${factType}`)

/**
 * A history without the extensions of a hold, and without what follows from one: an intent that turns out to be cancelled while the hold is still kept is replaced by a new one,
 * which is cancelled when the hold ends.
 */
function withoutExtensions(history: readonly string[]): string[] {
  const first = history.findIndex((line) => line.startsWith('hold_extended'))
  return history.filter((line, index) => {
    if (line.startsWith('hold_extended')) return false
    if (first === -1 || index < first) return true
    const replaced = line.startsWith('payment_voided') && history[index + 1]?.startsWith('payment_requested')
    const replacement = line.startsWith('payment_requested') && history[index - 1]?.startsWith('payment_voided')
    return !replaced && !replacement
  })
}
