import { COMMON_POLICY, type Profile } from './profile.ts'

/** Numbered seats for events (E-01 to E-08): held for ten minutes, priced by the catalogue, a ticket with the confirmation. */
export const ticketing: Profile = {
  name: 'ticketing',
  referencePrefix: 'EVT',
  lifecycle: {
    pending: { confirm: 'confirmed', expire: 'expired', fail: 'cancelled', cancel: 'cancelled' },
    confirmed: { cancel: 'cancelled' },
    expired: { revive: 'confirmed' },
    cancelled: { revive: 'confirmed' },
  },
  policy: {
    ...COMMON_POLICY,
    holdSeconds: 600,
    onPaymentFailed: 'cancel',
    refundTiers: [
      { hoursBefore: 168, percent: 100 },
      { hoursBefore: 48, percent: 50 },
    ],
    stalePriceSeconds: 300,
  },
  shape: {
    minutes: null,
    subject: 'absent',
    pet: 'absent',
    partySize: 'absent',
    maxItems: 10,
    versionRequired: false,
    notes: 2000,
    customersOnly: false,
  },
  priceSource: 'event_catalogue',
  defaultCurrency: 'USD',
  currencies: null,
  issuesTicket: true,
  makesMeeting: false,
  ownUnit: null,
  events: {
    topic: 'per_type',
    knownFrom: 'held',
    on: {
      held: ['booking.created'],
      confirmed: ['booking.confirmed'],
      cancelled: ['booking.cancelled'],
      expired: ['booking.cancelled'],
      payment_captured: ['payment.processed'],
      refund_succeeded: ['payment.processed'],
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
