import { COMMON_POLICY, type Profile } from './profile.ts'

/** Pet clinics (C-01 to C-14): services with slots and staff, some after approval, in rupiah unless the service says otherwise. */
export const clinic: Profile = {
  name: 'clinic',
  referencePrefix: 'PET',
  lifecycle: {
    pending: {
      confirm: 'confirmed',
      await_approval: 'awaiting_approval',
      expire: 'expired',
      fail: 'cancelled',
      cancel: 'cancelled',
    },
    awaiting_approval: { confirm: 'confirmed', fail: 'cancelled', cancel: 'cancelled', decline: 'cancelled' },
    confirmed: { start: 'in_progress', complete: 'completed', no_show: 'no_show', cancel: 'cancelled' },
    in_progress: { complete: 'completed', next_visit: 'confirmed', cancel: 'cancelled' },
    expired: { revive: 'confirmed' },
    cancelled: { revive: 'confirmed' },
  },
  policy: {
    ...COMMON_POLICY,
    refundTiers: [
      { hoursBefore: 24, percent: 100 },
      { hoursBefore: 4, percent: 50 },
    ],
    reminders: [
      { type: 'upcoming', offsetMinutes: -24 * 60 },
      { type: 'check_in', offsetMinutes: -30 },
      { type: 'follow_up', offsetMinutes: 24 * 60 },
      { type: 'review_request', offsetMinutes: 48 * 60 },
    ],
    platformFeeBasisPoints: 1000,
  },
  shape: {
    minutes: null,
    subject: 'absent',
    pet: 'optional',
    partySize: 'absent',
    maxItems: 5,
    versionRequired: false,
    notes: 2000,
    customersOnly: false,
  },
  priceSource: 'offering',
  defaultCurrency: 'IDR',
  currencies: null,
  issuesTicket: false,
  makesMeeting: false,
  ownUnit: null,
  events: {
    topic: { name: 'clinic.events' },
    knownFrom: 'confirmed',
    on: {
      held: ['reservation.created'],
      confirmed: ['booking.created', 'booking.confirmed'],
      cancelled: ['booking.cancelled'],
      completed: ['booking.completed'],
      status_changed: ['booking.status_changed'],
      payment_captured: ['payment.processed'],
      refund_succeeded: ['payment.processed'],
      reviewed: ['review.submitted'],
    },
  },
  notifications: {
    booking_confirmed: ['customer', 'provider'],
    booking_cancelled: ['customer', 'provider'],
    booking_changed: ['customer', 'provider'],
    booking_expired: ['customer'],
    approval_needed: ['customer', 'provider'],
    approval_declined: ['customer'],
    refund_succeeded: ['customer'],
  },
}
