import type { Example } from './examples.ts'
import { inDays } from './moments.ts'

/** What is put on sale, one of each profile. */
export const OFFERINGS = {
  tutoringOffering: {
    summary: 'A tutor, by the hour',
    value: {
      profile: 'tutoring',
      name: 'Maths with Tess',
      provider: { id: 'demo-tutor', name: 'Tess Tutor' },
      price: { amount: 6000, currency: 'USD' },
      price_unit: 'hour',
    },
  },
  clinicOffering: {
    summary: 'A service of a clinic',
    value: {
      profile: 'clinic',
      name: 'Vaccination',
      venue: { id: 'demo-clinic', type: 'clinic', name: 'Paws' },
      price: { amount: 15_000_000, currency: 'IDR' },
      duration_minutes: 30,
      time_zone: 'Asia/Jakarta',
    },
  },
  ticketingOffering: {
    summary: 'An event, with a refund policy of its own',
    value: {
      profile: 'ticketing',
      name: 'Concert',
      venue: { id: 'demo-hall', name: 'Demo hall' },
      price: { amount: 4500, currency: 'USD' },
      policy: { refund_tiers: [{ hours_before: 168, percent: 100 }] },
    },
  },
  venueOffering: {
    summary: 'A dinner at a restaurant, by the guest',
    value: {
      profile: 'venue',
      name: 'Dinner',
      venue: { id: 'demo-bistro', type: 'restaurant', name: 'Bistro' },
      price: { amount: 2500, currency: 'USD' },
      price_unit: 'person',
      duration_minutes: 90,
      time_zone: 'Europe/Zurich',
    },
  },
  courseOffering: {
    summary: 'A course with twenty places',
    value: {
      profile: 'course',
      name: 'TypeScript in a week',
      price: { amount: 9900, currency: 'USD' },
      capacity: 20,
    },
  },
} as const satisfies Record<string, Example>

export const UNITS = {
  seats: {
    summary: 'Seats of a hall',
    value: {
      units: [
        { id: 'C-1', kind: 'seat', label: 'C 1', section: 'stalls', row: 'C', start: `${inDays(60, '20:00')}Z` },
        { id: 'C-2', kind: 'seat', label: 'C 2', section: 'stalls', row: 'C', start: `${inDays(60, '20:00')}Z` },
      ],
    },
  },
  slots: {
    summary: 'Slots of a clinic',
    value: {
      units: [
        {
          id: 'morning',
          kind: 'slot',
          start: `${inDays(9, '09:00')}Z`,
          end: `${inDays(9, '09:30')}Z`,
          staff_id: 'demo-vet',
          capacity: 3,
        },
      ],
    },
  },
  tables: {
    summary: 'Tables of a restaurant',
    value: {
      units: [
        { id: 'T1', kind: 'table', min_party: 1, max_party: 2 },
        { id: 'T2', kind: 'table', min_party: 1, max_party: 4 },
      ],
    },
  },
  block: {
    summary: 'A table that wobbles',
    value: { offering_id: 'demo-dinner', blocked: true, reason: 'to be repaired' },
  },
} as const satisfies Record<string, Example>

export const ENDPOINTS = {
  endpoint: {
    summary: 'Told of what is confirmed and what ends',
    value: { url: 'https://example.com/holdfast', events: ['confirmed', 'ended'], description: 'the till' },
  },
  endpointEnabled: { summary: 'Enabled again', value: { status: 'enabled' } },
} as const satisfies Record<string, Example>
