import type { Example } from './examples.ts'
import { inDays } from './moments.ts'

/** What is asked of a booking that is there. */
export const COMMANDS = {
  changeNotes: { summary: 'Other notes', value: { notes: 'We come by train.', expected_version: 2 } },
  changeParty: { summary: 'A larger party', value: { party_size: 4, reason: 'two friends join', expected_version: 2 } },
  changeTime: {
    summary: 'Another time',
    value: { items: [{ offering_id: 'demo-dinner', start_local: inDays(6, '19:00') }], expected_version: 2 },
  },
  correctEmail: {
    summary: 'Another address, and no telephone',
    value: { email: 'ada@example.com', phone: null, reason: 'wrong address on the form' },
  },
  cancelAll: { summary: 'All of it', value: { reason: 'ill' } },
  cancelOneItem: { summary: 'One item of several', value: { item_ids: ['1'], reason: 'one of us is ill' } },
  checkIn: { summary: 'The guest is here', value: { action: 'check_in', reason: 'came early' } },
  complete: { summary: 'By the status to reach', value: { status: 'completed', reason: 'left early' } },
  nothingMore: { summary: 'Nothing more to say', value: {} },
  acknowledge: { summary: 'Seen to', value: { operation: 'acknowledge', reason: 'called the customer' } },
  retry: { summary: 'Try again now', value: { operation: 'retry', reason: 'the bank is back' } },
  forceRelease: {
    summary: 'Give the units back',
    value: { operation: 'force_release', reason: 'agreed with the customer' },
  },
  confirmReservation: {
    summary: 'Confirm, with a note',
    value: { notes: 'We come by train.' },
  },
  payment: {
    summary: 'It was paid; the payment service is asked how much',
    value: { event_id: 'evt-1', type: 'succeeded' },
  },
  paymentFailed: {
    summary: 'It was not paid',
    value: { event_id: 'evt-2', type: 'failed', reason: 'card_declined' },
  },
  review: {
    summary: 'Five stars',
    value: { rating: 5, ratings_breakdown: { friendliness: 5, waiting_time: 3 }, comment: 'Rex was brave.' },
  },
  publish: { summary: 'Show it', value: { is_published: true } },
  settle: {
    summary: 'Paid out by transfer',
    value: { transaction_reference: 'TRF-2041', details: { bank: 'Example Bank' } },
  },
} as const satisfies Record<string, Example>
