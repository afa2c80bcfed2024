import { COMMON_POLICY, type Profile } from './profile.ts'

/** Hotels, restaurants, cafés and shops (V-01 to V-08): tables and rooms for a party, with buffers, check-in and no-shows. */
export const venue: Profile = {
  name: 'venue',
  referencePrefix: 'VEN',
  lifecycle: {
    pending: { confirm: 'confirmed', expire: 'expired', fail: 'cancelled', cancel: 'cancelled' },
    confirmed: { check_in: 'checked_in', no_show: 'no_show', cancel: 'cancelled' },
    checked_in: { complete: 'completed', next_visit: 'confirmed', cancel: 'cancelled' },
    no_show: { undo_no_show: 'confirmed' },
    expired: { revive: 'confirmed' },
    cancelled: { revive: 'confirmed' },
  },
  policy: {
    ...COMMON_POLICY,
    refundTiers: [
      { hoursBefore: 48, percent: 100 },
      { hoursBefore: 24, percent: 50 },
    ],
    noShowGraceSeconds: 3600,
    // Guests come with their luggage in the morning.
    checkInOpensMinutes: 24 * 60,
    bufferAfterMinutes: 15,
    maxLeadDays: 365,
  },
  shape: {
    minutes: { min: 15, max: 60 * 24 * 60 },
    subject: 'absent',
    pet: 'absent',
    partySize: 'required',
    maxItems: 5,
    versionRequired: true,
    notes: 2000,
    customersOnly: false,
  },
  priceSource: 'offering',
  defaultCurrency: 'USD',
  currencies: null,
  issuesTicket: false,
  makesMeeting: false,
  ownUnit: null,
  events: {
    topic: { name: 'venue.events' },
    knownFrom: 'held',
    on: {
      held: ['booking.created'],
      updated: ['booking.updated'],
      confirmed: ['booking.confirmed'],
      checked_in: ['booking.checked_in'],
      completed: ['booking.completed'],
      cancelled: ['booking.cancelled'],
      expired: ['booking.expired'],
      status_changed: ['booking.status_changed'],
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
