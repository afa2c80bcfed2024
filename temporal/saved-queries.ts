/** A question that operators ask of Temporal's list of workflows. */
export type SavedQuery = {
  /** As it is called in the UI. */
  readonly title: string
  /** What it finds, and what to do with it, in a sentence. */
  readonly about: string
  /** The query; what is in braces is filled in, see `filled`. */
  readonly query: string
}

/** What the queries leave to whoever asks: instants as ISO 8601 in UTC, ids as the API gives them. */
export type Blank = 'a_minute_ago' | 'an_hour_ago' | 'today' | 'tomorrow' | 'customer' | 'reference'

const OPEN = `ExecutionStatus = "Running"`

/**
 * The queries for the search attributes of bookings (workflows/search-attributes.ts), the same in docs/operators.md and in the tests. The run of a
 * booking that needs a person, or owes money, is open; one at rest has ended, and keeps the attributes that it ended with (ADR 0004).
 */
export const SAVED_QUERIES = {
  needsAttention: {
    title: 'Needs attention',
    about: 'Something only a person can settle: the current details say what, and which update does it.',
    query: `BookingAttention IS NOT NULL AND ${OPEN}`,
  },
  heldLong: {
    title: 'Held longer than an hour',
    about: 'Units are kept from others, and nobody has paid: extended, or the payment is still being processed.',
    query: `BookingStatus = "pending" AND StartTime < "{an_hour_ago}" AND ${OPEN}`,
  },
  refundPending: {
    title: 'Refund pending',
    about:
      'Money is owed to a customer: BookingRefund is "pending" while it is tried, "failed" when a person is needed.',
    query: `BookingRefund IS NOT NULL AND ${OPEN}`,
  },
  startsToday: {
    title: 'Starts today',
    about: 'Whom to expect. "Today" is the day of the place, its two midnights in UTC.',
    query: `BookingStart >= "{today}" AND BookingStart < "{tomorrow}" AND BookingStatus IN ("confirmed", "checked_in", "in_progress")`,
  },
  ofCustomer: {
    title: 'One customer’s',
    about: 'Every run of every booking of a customer, by the customer’s id.',
    query: `BookingCustomer = "{customer}"`,
  },
  byReference: {
    title: 'One booking',
    about: 'The runs of a booking, by the reference that the customer has.',
    query: `BookingReference = "{reference}"`,
  },
  awaitingApproval: {
    title: 'Waits for approval',
    about: 'Somebody has to say yes or no before the deadline: the updates approve and decline.',
    query: `BookingStatus = "awaiting_approval" AND ${OPEN}`,
  },
  overdue: {
    title: 'Past its deadline',
    about: 'Nothing should be here for longer than a minute: no worker runs, or a task of the workflow fails.',
    query: `BookingDeadline < "{a_minute_ago}" AND ${OPEN}`,
  },
} as const satisfies Readonly<Record<string, SavedQuery>>

/** A query with its blanks filled in. Throws when one of them was not given; what is given must not contain quotes. */
export function filled({ query }: SavedQuery, blanks: Readonly<Partial<Record<Blank, string>>> = {}): string {
  return query.replaceAll(/\{(\w+)\}/g, (_, name: Blank) => {
    const value = blanks[name]
    if (value === undefined || /["'\\]/.test(value)) throw new Error(`the query needs ${name}, without quotes`)
    return value
  })
}
