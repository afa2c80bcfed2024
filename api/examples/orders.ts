import type { Example } from './examples.ts'
import { inDays } from './moments.ts'

/** What is booked of each profile. They name what `npm start` loads for a demonstration, so that they work there as they stand. */
export const ORDERS = {
  tutoringOrder: {
    summary: 'An hour with a tutor',
    value: {
      profile: 'tutoring',
      subject: 'maths',
      items: [{ offering_id: 'demo-tutor', start: `${inDays(3, '16:00')}Z`, end: `${inDays(3, '17:00')}Z` }],
      notes: 'Fractions, please.',
    },
  },
  clinicOrder: {
    summary: 'An appointment at a clinic',
    value: {
      profile: 'clinic',
      items: [{ offering_id: 'demo-vaccination', start: `${inDays(4, '14:00')}Z` }],
      customer: { name: 'Ada Lovelace', email: 'ada@example.com', phone: '+41 44 668 18 00' },
    },
  },
  ticketingOrder: {
    summary: 'Two seats side by side, whichever are free',
    value: { profile: 'ticketing', items: [{ offering_id: 'demo-event', quantity: 2, adjacent: true }] },
  },
  venueOrder: {
    summary: 'A table for two, by the clock of the restaurant',
    value: {
      profile: 'venue',
      party_size: 2,
      items: [{ offering_id: 'demo-dinner', start_local: inDays(5, '19:00') }],
      notes: 'By the window, if possible.',
    },
  },
  courseOrder: {
    summary: 'A place in a course',
    value: { profile: 'course', items: [{ offering_id: 'demo-course' }], metadata: { campaign: 'autumn' } },
  },
} as const satisfies Record<string, Example>

export const QUESTIONS = {
  anyTable: {
    summary: 'Is there a table for four?',
    value: { items: [{ offering_id: 'demo-dinner', start_local: inDays(5, '19:00'), party_size: 4 }] },
  },
  severalThings: {
    summary: 'Several things at once',
    value: {
      items: [
        { offering_id: 'demo-event', quantity: 2, adjacent: true },
        { offering_id: 'demo-vaccination', start: `${inDays(4, '14:00')}Z` },
        { offering_id: 'demo-course' },
      ],
    },
  },
} as const satisfies Record<string, Example>

export const WAITS = {
  waitForCourse: {
    summary: 'Wait for a place in a course',
    value: { profile: 'course', items: [{ offering_id: 'demo-course' }] },
  },
} as const satisfies Record<string, Example>
