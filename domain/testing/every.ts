import { SYSTEM, type Booking, type Cancellation, type Payment, type Refund, type BookingState } from '../booking.ts'
import { DISPUTE_STATES } from '../disputes.ts'
import type { Fact } from '../facts.ts'
import { aChange, aHold, anItem, aPayment, aRefund, aRevision, at, CUSTOMER, DUE, EXPIRY, held } from './builders.ts'

const cancellation = (revivable: boolean, from: 'pending' | 'confirmed'): Cancellation => ({
  from,
  reason: 'why',
  by: revivable ? SYSTEM : CUSTOMER,
  at: at(20),
  keep: 0,
  revivable,
})

const STATES: readonly BookingState[] = [
  { status: 'pending', hold: aHold() },
  { status: 'pending', hold: { ...aHold(), extensions: 1, expiresAt: at(20), lapsesAt: at(21) } },
  { status: 'pending', hold: { ...aHold(), reserved: true, asked: 1 } },
  { status: 'awaiting_approval', hold: aHold(), approveBy: at(600), approved: false },
  { status: 'awaiting_approval', hold: aHold(), approveBy: at(600), approved: true },
  { status: 'confirmed' },
  { status: 'checked_in' },
  { status: 'in_progress' },
  { status: 'completed' },
  { status: 'no_show' },
  ...(['cancelled', 'expired'] as const).flatMap((status) => [
    { status, cancellation: cancellation(true, 'pending'), reviving: false },
    { status, cancellation: cancellation(true, 'pending'), reviving: true },
    { status, cancellation: cancellation(false, status === 'expired' ? 'pending' : 'confirmed'), reviving: false },
  ]),
  { status: 'refunded', cancellation: cancellation(false, 'confirmed') },
]

const PAYMENTS: readonly (readonly Payment[])[] = [
  [],
  ...(['requested', 'processing', 'failed', 'authorized', 'succeeded', 'voided'] as const).map((status) => [
    aPayment(status),
  ]),
  [aPayment('authorized', { clientSecret: null, amount: 0 })],
  [aPayment('voided'), aPayment('requested', { id: 'p-2', intentId: 'pi_2' })],
  [aPayment('succeeded'), aPayment('processing', { id: 'p-2', intentId: 'pi_2' })],
  [aPayment('succeeded', { captured: 5000 }), aPayment('succeeded', { id: 'p-2', intentId: 'pi_2' })],
]
const REFUNDS: readonly (readonly Refund[])[] = [
  [],
  [aRefund('pending')],
  [aRefund('succeeded')],
  [aRefund('failed')],
  [aRefund('succeeded', { settledAt: null })],
]
/** What a person is called for, the link of the meeting, that the unit is gone, a change that waits for its payment. */
const EXTRAS: readonly (Pick<Booking, 'attention' | 'meetingUrl' | 'displacement'> &
  Partial<Pick<Booking, 'change' | 'lastChange' | 'items'>>)[] = [
  { attention: null, meetingUrl: null, displacement: null },
  {
    attention: { reason: 'refund_failed', since: at(21) },
    meetingUrl: 'https://meet.example/1',
    displacement: { reason: 'burst pipe', by: SYSTEM, at: at(21), until: at(2900) },
  },
  { attention: null, meetingUrl: null, displacement: null, change: aChange(), lastChange: 'a-change' },
  {
    attention: null,
    meetingUrl: null,
    displacement: null,
    change: aChange(EXPIRY, { taken: true }),
    lastChange: 'a-change',
  },
  { attention: null, meetingUrl: null, displacement: null, items: [anItem('1', DUE - 1000), anItem('2', 1000)] },
]

/** The example booking in every state there is. */
export function everyState(): Booking[] {
  const { status: _status, ...rest } = held()
  const { hold: _hold, ...agreed } = { hold: null, ...rest }
  return STATES.map((state) => ({ ...agreed, version: 7, ...state }))
}

/** … and with every state of payments, refunds, attention and meeting link that matters. */
export function everyBooking(): Booking[] {
  return everyState().flatMap((booking) =>
    PAYMENTS.flatMap((payments) =>
      REFUNDS.flatMap((refunds) => EXTRAS.map((extras) => ({ ...booking, payments, refunds, ...extras }))),
    ),
  )
}

/** Facts of every type, about known and unknown payments and refunds, older and newer than what is known. */
export function everyFact(): Fact[] {
  const stamp = { at: at(30), by: SYSTEM }
  const { key, paymentId, amount, reason } = aRefund('pending')
  const noticed = ['pi_1', 'pi_2', 'pi_new'].flatMap((intentId) =>
    [0, 1, 25].map((minute) => ({
      ...stamp,
      intentId,
      noticedAt: at(minute),
      paymentEventId: `n:${intentId}:${minute}`,
    })),
  )
  return [
    ...noticed.flatMap((paymentEvent): Fact[] => [
      { ...paymentEvent, type: 'payment_requested', clientSecret: 'another', amount: DUE },
      { ...paymentEvent, type: 'payment_processing', amount: DUE, method: 'card' },
      { ...paymentEvent, type: 'payment_authorized', amount: DUE, method: null },
      { ...paymentEvent, type: 'payment_captured', amount: DUE, method: 'card' },
      { ...paymentEvent, type: 'payment_captured', amount: 1, method: null },
      { ...paymentEvent, type: 'payment_captured', amount: DUE, method: null, currency: 'EUR' },
      { ...paymentEvent, type: 'payment_captured', amount: DUE, method: null, already: 5000 },
      { ...paymentEvent, type: 'payment_failed', failureCode: 'declined', method: null },
      { ...paymentEvent, type: 'payment_voided' },
    ]),
    ...[EXPIRY - 1, EXPIRY, EXPIRY + 10].map((minute): Fact => ({
      ...stamp,
      type: 'hold_extended',
      reason: 'payment_unknown',
      expiresAt: at(minute),
      lapsesAt: at(minute + 1),
    })),
    { ...stamp, type: 'hold_extended', reason: 'asked', expiresAt: at(EXPIRY + 10), lapsesAt: at(EXPIRY + 11) },
    { ...stamp, type: 'reservation_confirmed', paymentMethod: null, notes: null },
    { ...stamp, type: 'reservation_confirmed', paymentMethod: 'pm_card', notes: 'nervous' },
    { ...stamp, type: 'displaced', reason: 'burst pipe', until: at(2900) },
    { ...stamp, type: 'displacement_settled', how: 'moved', reason: null },
    { ...stamp, type: 'displacement_settled', how: 'kept', reason: 'mended' },
    { ...stamp, type: 'approval_awaited', approveBy: at(700) },
    { ...stamp, type: 'approved' },
    { ...stamp, type: 'meeting_made', url: 'https://meet.example/2' },
    { ...stamp, type: 'confirmed', trigger: 'confirm', ticketReference: 'TKT-1' },
    { ...stamp, type: 'confirmed', trigger: 'revive', ticketReference: null },
    { ...stamp, type: 'revival_started' },
    { ...stamp, type: 'revival_failed' },
    ...(['expire', 'fail', 'cancel', 'decline'] as const).map((trigger): Fact => ({
      ...stamp,
      type: 'ended',
      trigger,
      reason: 'why',
      keep: 0,
    })),
    ...(['check_in', 'start', 'complete', 'no_show', 'undo_no_show'] as const).map((trigger): Fact => ({
      ...stamp,
      type: 'moved',
      trigger,
      reason: null,
    })),
    { ...stamp, type: 'refund_requested', key, paymentId, amount, reason },
    { ...stamp, type: 'refund_requested', key: 'another', paymentId, amount: 1, reason },
    { ...stamp, type: 'refund_succeeded', key, note: null },
    { ...stamp, type: 'refund_succeeded', key: 'unknown', note: 'by hand' },
    { ...stamp, type: 'refund_succeeded', key, note: null, refundId: 're_1' },
    { ...stamp, type: 'refund_found', key: 'elsewhere:re_9', paymentId, amount: 500, refundId: 're_9' },
    ...DISPUTE_STATES.map((state): Fact => ({
      ...stamp,
      type: 'disputed',
      disputeId: 'dp_1',
      paymentId,
      amount: 500,
      state,
    })),
    { ...stamp, type: 'refund_failed', key },
    { ...stamp, type: 'refund_failed', key: 'unknown' },
    { ...stamp, type: 'refund_bounced', key },
    { ...stamp, type: 'bounce_settled', key, note: 'by hand' },
    { ...stamp, type: 'refunded' },
    { ...stamp, type: 'attention_raised', reason: 'refund_failed' },
    { ...stamp, type: 'attention_raised', reason: 'void_overdue' },
    { ...stamp, type: 'attention_cleared' },
    { ...stamp, type: 'noted', notes: 'by the window' },
    { ...stamp, type: 'contact_corrected', correctionId: 'c-1', fields: ['email'], reason: null },
    { ...stamp, type: 'changed', changeId: 'a-change', revision: aRevision(), reason: null },
    { ...stamp, type: 'change_held', change: aChange(), reason: null },
    {
      ...stamp,
      type: 'change_extended',
      changeId: 'a-change',
      reason: 'payment_processing',
      expiresAt: at(EXPIRY + 10),
      lapsesAt: at(EXPIRY + 11),
    },
    { ...stamp, type: 'change_taken', changeId: 'a-change' },
    { ...stamp, type: 'change_ended', changeId: 'a-change', reason: 'change_expired' },
    { ...stamp, type: 'items_cancelled', itemIds: ['1'], reason: 'ill', keep: 0 },
    { ...stamp, type: 'visit_over', outcome: 'attended', itemIds: ['1'], reason: null, keep: 0 },
    { ...stamp, type: 'visit_over', outcome: 'missed', itemIds: ['1'], reason: 'not_seen', keep: 0 },
  ]
}
