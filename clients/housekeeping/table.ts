import type { DatabaseSync } from 'node:sqlite'

/** A message as it came: its type from the CloudEvents header, and its JSON body. */
export type Event = { readonly type: string; readonly body: unknown }

export type Table = {
  /** Takes an event in. False: it says nothing new of what is booked, and nothing changed. */
  apply(event: Event): boolean
  close(): void
}

type Item = Record<'item_id' | 'offering_id' | 'unit_id', string> & {
  readonly quantity: number
  readonly start: string | null
  readonly end: string | null
}

/** What the reader uses of `booking.changed`; fields may come to it that it does not know. */
type Changed = {
  readonly booking_id: string
  readonly profile: string
  readonly version: number
  readonly booking: Record<'status' | 'customer_id' | 'currency', string> &
    Record<'provider_id' | 'venue_id' | 'start' | 'end', string | null> &
    Record<'total' | 'paid' | 'refunded', number> & {
      readonly party_size: number | null
      readonly items: readonly Item[]
    }
}

/** Opens the tables in a database, made on first use. */
export function openTable(database: DatabaseSync): Table {
  database.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS bookings (
      booking_id TEXT PRIMARY KEY, profile TEXT NOT NULL, version INTEGER NOT NULL, status TEXT NOT NULL, customer_id TEXT NOT NULL,
      provider_id TEXT, venue_id TEXT, starts TEXT, ends TEXT, party_size INTEGER, currency TEXT NOT NULL, total INTEGER NOT NULL,
      paid INTEGER NOT NULL, refunded INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS items (
      booking_id TEXT NOT NULL, item_id TEXT NOT NULL, offering_id TEXT NOT NULL, unit_id TEXT NOT NULL, quantity INTEGER NOT NULL,
      starts TEXT, ends TEXT, PRIMARY KEY (booking_id, item_id))`)
  const keep = database.prepare(`
    INSERT INTO bookings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (booking_id) DO UPDATE SET version = excluded.version, status = excluded.status, customer_id = excluded.customer_id,
      provider_id = excluded.provider_id, venue_id = excluded.venue_id, starts = excluded.starts, ends = excluded.ends,
      party_size = excluded.party_size, currency = excluded.currency, total = excluded.total, paid = excluded.paid, refunded = excluded.refunded
    WHERE excluded.version > bookings.version`)
  const clear = database.prepare('DELETE FROM items WHERE booking_id = ?')
  const add = database.prepare('INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?)')

  function apply({ booking_id: id, profile, version, booking }: Changed): boolean {
    const { status, customer_id, provider_id, venue_id, start, end, party_size, currency, total, paid, refunded } =
      booking
    const parties = [customer_id, provider_id, venue_id] as const
    const money = [currency, total, paid, refunded] as const
    // An older version, or this one again, changes nothing.
    if (Number(keep.run(id, profile, version, status, ...parties, start, end, party_size, ...money).changes) === 0) {
      return false
    }
    clear.run(id)
    for (const item of booking.items) {
      add.run(id, item.item_id, item.offering_id, item.unit_id, item.quantity, item.start, item.end)
    }
    return true
  }

  return {
    apply({ type, body }) {
      if (type !== 'booking.changed') return false
      // A booking and its items in one transaction: whenever the program dies, both are there or neither.
      database.exec('BEGIN IMMEDIATE')
      try {
        const isNew = apply(body as Changed)
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
