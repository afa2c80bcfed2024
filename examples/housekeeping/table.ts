import { DatabaseSync } from 'node:sqlite'

/** A message as it came: CloudEvents headers and a JSON body. */
export type Event = {
  readonly id: string
  readonly type: string
  /** `/holdfast/{profile}` */
  readonly source: string
  /** The booking. */
  readonly subject: string
  /** Grows with every event of a booking, on whatever topic; compared as text. */
  readonly sequence: string
  readonly body: unknown
}

export type Table = {
  /** Takes an event in. False: it was here before, and nothing changed. */
  apply(event: Event): boolean
  close(): void
}

/** What housekeeping calls the states of a booking. */
const STATES: Record<string, string> = {
  BookingRequested: 'held',
  'reservation.created': 'held',
  'booking.created': 'held',
  OrderCreated: 'held',
  BookingConfirmed: 'confirmed',
  'booking.confirmed': 'confirmed',
  OrderSucceeded: 'confirmed',
  'booking.checked_in': 'under way',
  'booking.completed': 'done',
  BookingCancelled: 'off',
  'booking.cancelled': 'off',
  'booking.expired': 'off',
  OrderFailed: 'off',
}

/** And those that an event of a change of status names. */
const STATUSES: Record<string, string> = {
  pending: 'held',
  awaiting_approval: 'held',
  confirmed: 'confirmed',
  checked_in: 'under way',
  in_progress: 'under way',
  completed: 'done',
  no_show: 'no show',
  cancelled: 'off',
  expired: 'off',
  refunded: 'off',
}

/** Opens the table in a file, made on first use. */
export function openTable(file: string): Table {
  const database = new DatabaseSync(file)
  database.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS seen (event_id TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS bookings (
      booking_id TEXT PRIMARY KEY, profile TEXT NOT NULL, state TEXT, sequence TEXT NOT NULL DEFAULT '', received INTEGER NOT NULL DEFAULT 0)`)
  const see = database.prepare('INSERT INTO seen (event_id) VALUES (?) ON CONFLICT DO NOTHING')
  const know = database.prepare('INSERT INTO bookings (booking_id, profile) VALUES (?, ?) ON CONFLICT DO NOTHING')
  // An event that comes late, from another topic, does not turn the booking back.
  const move = database.prepare('UPDATE bookings SET state = ?, sequence = ? WHERE booking_id = ? AND sequence <= ?')
  const pay = database.prepare('UPDATE bookings SET received = received + ? WHERE booking_id = ?')

  return {
    apply({ id, type, source, subject, sequence, body }) {
      // The event's id and its effect in one transaction: whenever the program dies, both are there or neither.
      database.exec('BEGIN IMMEDIATE')
      try {
        const isNew = Number(see.run(id).changes) === 1
        if (isNew) {
          know.run(subject, source.replace('/holdfast/', ''))
          const state = stateOf(type, source, body)
          if (state !== undefined) move.run(state, sequence, subject, sequence)
          const received = receivedBy(type, body)
          if (received !== 0) pay.run(received, subject)
        }
        database.exec('COMMIT')
        return isNew
      } catch (error) {
        database.exec('ROLLBACK')
        throw error
      }
    },
    close: () => database.close(),
  }
}

function stateOf(type: string, source: string, body: unknown): string | undefined {
  if (type === 'booking.status_changed' || type === 'BookingStatusChanged') {
    const status = String(field(contentOf(body), 'new_status') ?? field(contentOf(body), 'newStatus'))
    return STATUSES[status.toLowerCase().replace('-', '_')]
  }
  // The clinic's document calls a booking what others call a confirmed one.
  if (type === 'booking.created' && source === '/holdfast/clinic') return 'confirmed'
  return STATES[type]
}

/** Ten-thousandths of the currency's unit: what came in, or, below zero, went back. */
function receivedBy(type: string, body: unknown): number {
  if (type !== 'PaymentProcessed' && type !== 'payment.processed') return 0
  const content = contentOf(body)
  const money = field(content, 'amount')
  const amount = Number(field(money, 'amount') ?? money)
  return Math.round(amount * 10_000) * (field(content, 'status') === 'refunded' ? -1 : 1)
}

/** Some documents wrap what they tell in `payload`. */
function contentOf(body: unknown): unknown {
  return field(body, 'payload') ?? body
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
