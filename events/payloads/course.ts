import { z } from 'zod'
import { bookedItems, payingPayment, type Booking, type Item } from '../../domain/booking.ts'
import { defineEvent, type Change } from './definition.ts'
import { amountOf, currencyCode, decimal, endOf, heldUntil, instant, moneyMoved } from './values.ts'

// The order service's events (seed 004, O-04). Its document names them without their fields: they carry its entities, in its snake_case.

const item = z.strictObject({
  item_id: z.string(),
  course_id: z.string(),
  session_id: z.string().nullable(),
  quantity: z.int(),
  unit_price: decimal,
  amount: decimal,
})
const session = z.strictObject({
  session_id: z.string(),
  course_id: z.string(),
  start: instant.nullable(),
  end: instant.nullable(),
  quantity: z.int(),
})
const head = <Type extends string>(type: Type) => ({
  event_id: z.uuid(),
  event_type: z.literal(type),
  order_id: z.string(),
  user_id: z.string(),
  occurred_at: instant,
})
const total = { total_amount: decimal, currency: currencyCode }

export const COURSE_EVENTS = [
  defineEvent({
    type: 'OrderCreated',
    summary: 'An order was made; its places are held until `expires_at`.',
    schema: z.strictObject({
      ...head('OrderCreated'),
      order_reference: z.string(),
      status: z.literal('created'),
      items: z.array(item),
      ...total,
      expires_at: instant,
    }),
  }).from((change) => ({
    ...headOf(change, 'OrderCreated'),
    order_reference: change.after.reference,
    status: 'created',
    items: itemsOf(change.after),
    ...totalOf(change.after),
    expires_at: heldUntil(change),
  })),
  defineEvent({
    type: 'OrderSucceeded',
    summary: 'The order is paid.',
    schema: z.strictObject({
      ...head('OrderSucceeded'),
      order_reference: z.string(),
      status: z.literal('succeeded'),
      items: z.array(item),
      ...total,
      payment_id: z.string().nullable(),
    }),
  }).from((change) => ({
    ...headOf(change, 'OrderSucceeded'),
    order_reference: change.after.reference,
    status: 'succeeded',
    items: itemsOf(change.after),
    ...totalOf(change.after),
    payment_id: payingPayment(change.after)?.id ?? null,
  })),
  defineEvent({
    type: 'OrderFailed',
    summary: 'The order came to nothing, with the reason: its payment failed, it was cancelled, or it timed out.',
    schema: z.strictObject({
      ...head('OrderFailed'),
      order_reference: z.string(),
      status: z.enum(['failed', 'cancelled', 'timed_out']),
      reason: z.string(),
      ...total,
    }),
  }).from((change) => ({
    ...headOf(change, 'OrderFailed'),
    order_reference: change.after.reference,
    status: endingOf(change),
    reason: endOf(change.after).reason,
    ...totalOf(change.after),
  })),
  defineEvent({
    type: 'SessionBooked',
    summary: 'The sessions of a paid order are booked; orders without sessions do not make it.',
    schema: z.strictObject({ ...head('SessionBooked'), status: z.literal('booked'), sessions: z.array(session) }),
  }).from((change) => {
    const sessions = sessionsOf(bookedItems(change.after))
    return sessions.length === 0 ? null : { ...headOf(change, 'SessionBooked'), status: 'booked', sessions }
  }),
  defineEvent({
    type: 'SessionCancelled',
    summary: 'Sessions that were booked are cancelled, with the reason.',
    schema: z.strictObject({
      ...head('SessionCancelled'),
      status: z.literal('cancelled'),
      reason: z.string(),
      sessions: z.array(session),
    }),
  }).from((change) => {
    const { before, after, fact } = change
    const gone = fact.type === 'items_cancelled' ? fact.itemIds : null
    const sessions = sessionsOf(gone === null ? bookedItems(after) : after.items.filter(({ id }) => gone.includes(id)))
    // What was never booked is not cancelled either; another change of the order cancels none.
    if (sessions.length === 0 || !isBooked(before) || (gone === null && fact.type !== 'ended')) return null
    const reason = fact.type === 'items_cancelled' ? fact.reason : endOf(after).reason
    return { ...headOf(change, 'SessionCancelled'), status: 'cancelled', reason, sessions }
  }),
  defineEvent({
    type: 'SessionStatusChanged',
    summary: 'The customer came to the sessions, did not come, or came after all; or the sessions are over.',
    schema: z.strictObject({
      ...head('SessionStatusChanged'),
      status: z.enum(['booked', 'attended', 'missed', 'completed']),
      sessions: z.array(session),
    }),
  }).from((change) => {
    const status = visitOf(change)
    if (status === null) return null
    const { fact, after } = change
    const items =
      fact.type === 'visit_over' ? after.items.filter(({ id }) => fact.itemIds.includes(id)) : bookedItems(after)
    return { ...headOf(change, 'SessionStatusChanged'), status, sessions: sessionsOf(items) }
  }),
  defineEvent({
    type: 'PaymentProcessed',
    summary: 'Money moved (K-01): the price was taken, or some of it went back.',
    schema: z.strictObject({
      ...head('PaymentProcessed'),
      payment_id: z.string(),
      amount: decimal,
      currency: currencyCode,
      status: z.enum(['succeeded', 'refunded']),
    }),
  }).from((change) => {
    const { payment, amount, kind, at } = moneyMoved(change)
    return {
      ...headOf(change, 'PaymentProcessed'),
      occurred_at: at,
      payment_id: payment.id,
      amount,
      currency: change.after.price.currency,
      status: kind === 'captured' ? 'succeeded' : 'refunded',
    }
  }),
] as const

function headOf<Type extends string>({ eventId, after, fact }: Change, type: Type) {
  return { event_id: eventId, event_type: type, order_id: after.id, user_id: after.customer.id, occurred_at: fact.at }
}

function totalOf(order: Booking) {
  return { total_amount: amountOf(order, order.price.total), currency: order.price.currency }
}

function itemsOf(order: Booking): z.infer<typeof item>[] {
  return bookedItems(order).map((each) => ({
    item_id: each.id,
    course_id: each.offeringId,
    session_id: isSession(each) ? each.unitId : null,
    quantity: each.quantity,
    unit_price: amountOf(order, each.unitPrice),
    amount: amountOf(order, each.amount),
  }))
}

function sessionsOf(items: readonly Item[]): z.infer<typeof session>[] {
  return items.filter(isSession).map(({ unitId, offeringId, start, end, quantity }) => ({
    session_id: unitId,
    course_id: offeringId,
    start,
    end,
    quantity,
  }))
}

/** Were the sessions booked, attended or not? */
function isBooked(before: Booking | null): boolean {
  return before?.status === 'confirmed' || before?.status === 'checked_in'
}

/** Places in a course are its own; whatever else is ordered has its time. */
function isSession({ kind }: Item): boolean {
  return kind !== 'enrolment'
}

/** What became of the visit (F-05); null: the change is about the order. */
function visitOf({ before, after, fact }: Change): 'booked' | 'attended' | 'missed' | 'completed' | null {
  if (fact.type === 'visit_over') return fact.outcome === 'missed' ? 'missed' : 'completed'
  switch (after.status) {
    case 'checked_in':
    case 'in_progress':
      return 'attended'
    case 'completed':
      return 'completed'
    case 'no_show':
      return 'missed'
    default:
      return before?.status === 'no_show' ? 'booked' : null
  }
}

/** O-02: `failed` and `cancelled` are told apart by what ended the order. */
function endingOf({ fact }: Change): 'failed' | 'cancelled' | 'timed_out' {
  if (fact.type !== 'ended') return 'cancelled'
  if (fact.trigger === 'expire') return 'timed_out'
  return fact.trigger === 'fail' ? 'failed' : 'cancelled'
}
