import { COMMON_POLICY, type Profile } from './profile.ts'

/** Course orders (O-01 to O-07): several courses and sessions in one order, one payment, all or nothing. */
export const course: Profile = {
  name: 'course',
  referencePrefix: 'ORD',
  lifecycle: {
    pending: { confirm: 'confirmed', expire: 'expired', fail: 'cancelled', cancel: 'cancelled' },
    // Sessions are attended, missed or over (F-05); a place in a course is not (`mayEnd`).
    confirmed: { check_in: 'checked_in', complete: 'completed', no_show: 'no_show', cancel: 'cancelled' },
    checked_in: { complete: 'completed', next_visit: 'confirmed', cancel: 'cancelled' },
    no_show: { undo_no_show: 'confirmed' },
    expired: { revive: 'confirmed' },
    cancelled: { revive: 'confirmed' },
  },
  policy: {
    ...COMMON_POLICY,
    holdSeconds: 1800,
    onPaymentFailed: 'cancel',
    refundTiers: [{ hoursBefore: 0, percent: 100 }],
  },
  shape: {
    minutes: null,
    subject: 'absent',
    pet: 'absent',
    partySize: 'absent',
    maxItems: 20,
    versionRequired: false,
    notes: 2000,
    customersOnly: false,
  },
  priceSource: 'course_service',
  defaultCurrency: 'USD',
  currencies: null,
  issuesTicket: false,
  makesMeeting: false,
  ownUnit: 'enrolment',
  events: {
    topic: { name: 'order.events' },
    knownFrom: 'held',
    on: {
      held: ['OrderCreated'],
      confirmed: ['OrderSucceeded', 'SessionBooked'],
      cancelled: ['OrderFailed', 'SessionCancelled'],
      expired: ['OrderFailed'],
      // Sessions that are cancelled while the rest of the order stands.
      updated: ['SessionCancelled'],
      status_changed: ['SessionStatusChanged'],
      payment_captured: ['PaymentProcessed'],
      refund_succeeded: ['PaymentProcessed'],
    },
  },
  notifications: {
    booking_confirmed: ['customer'],
    booking_cancelled: ['customer'],
    booking_expired: ['customer'],
    booking_changed: ['customer'],
    refund_succeeded: ['customer'],
  },
}
