import { COMMON_POLICY, type Profile } from './profile.ts'

/** Tutors' hours (T-01 to T-11): one calendar per tutor, paid ahead, refunded in full until 24 hours before. */
export const tutoring: Profile = {
  name: 'tutoring',
  referencePrefix: 'TUT',
  // T-06, and the way back of X-02: a hold that ran out unpaid ends `cancelled` here, and a late payment may revive it.
  lifecycle: {
    pending: { confirm: 'confirmed', expire: 'cancelled', fail: 'cancelled', cancel: 'cancelled' },
    confirmed: { start: 'in_progress', complete: 'completed', cancel: 'cancelled', refund: 'refunded' },
    in_progress: { complete: 'completed', cancel: 'cancelled' },
    cancelled: { refund: 'refunded', revive: 'confirmed' },
  },
  policy: { ...COMMON_POLICY, onPaymentFailed: 'cancel', refundTiers: [{ hoursBefore: 24, percent: 100 }] },
  shape: {
    minutes: { min: 30, max: 240 },
    subject: 'required',
    pet: 'absent',
    partySize: 'absent',
    maxItems: 1,
    versionRequired: false,
    notes: 500,
    customersOnly: true,
  },
  priceSource: 'tutor_rate',
  defaultCurrency: 'USD',
  currencies: ['USD', 'EUR', 'GBP'],
  issuesTicket: false,
  makesMeeting: true,
  ownUnit: 'calendar',
  events: {
    topic: { name: 'booking.events' },
    knownFrom: 'held',
    on: {
      held: ['BookingRequested'],
      confirmed: ['BookingConfirmed'],
      cancelled: ['BookingCancelled'],
      // K-01: the document has no event for these, and every change of status leaves.
      in_progress: ['BookingStatusChanged'],
      completed: ['BookingStatusChanged'],
      refunded: ['BookingStatusChanged'],
      payment_captured: ['PaymentProcessed'],
      refund_succeeded: ['PaymentProcessed'],
    },
  },
  notifications: {
    booking_confirmed: ['customer', 'provider'],
    booking_cancelled: ['customer', 'provider'],
    booking_changed: ['customer', 'provider'],
    refund_succeeded: ['customer'],
  },
}
