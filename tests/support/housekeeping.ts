import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import type { Database } from '../../prisma/client.ts'

/** The example of a reader (clients/housekeeping) as the program that it is. */
export type Housekeeping = {
  /** Ends it as kill -9 does. */
  kill(): Promise<void>
}

/** Starts it on a broker, with its table in a file. It starts itself again when it ends because the broker is away. */
export function startHousekeeping(brokers: string, file: string): Housekeeping {
  const program = fileURLToPath(new URL('../../clients/housekeeping/main.ts', import.meta.url))
  const ending = new AbortController()
  const start = () => {
    const child = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', program], {
      stdio: 'ignore',
      env: { PATH: process.env['PATH'], KAFKA_BROKERS: brokers, TABLE: file },
    })
    return { child, gone: once(child, 'exit') }
  }
  let running = start()
  const again = async () => {
    while (!ending.signal.aborted) {
      await running.gone
      if (!ending.signal.aborted) running = start()
    }
  }
  void again()
  return {
    async kill() {
      ending.abort()
      const { child, gone } = running
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await gone
    },
  }
}

/** A row per booking as the reader's tables have it. */
export type KnownBooking = Record<string, unknown> & { readonly id: string; readonly version: number }

/** What the reader's tables say, in the order of the bookings' ids. */
export function theirTables(tables: DatabaseSync): KnownBooking[] {
  const rows = tables
    .prepare(`
      SELECT booking_id AS id, profile, version, status, customer_id, provider_id, venue_id, starts, ends, party_size, currency, total, paid,
        refunded, (SELECT json_group_array(json_object('item_id', item_id, 'offering_id', offering_id, 'unit_id', unit_id, 'quantity', quantity,
          'starts', i.starts, 'ends', i.ends) ORDER BY item_id) FROM items i WHERE i.booking_id = b.booking_id) AS items
      FROM bookings b ORDER BY booking_id`)
    .all()
  return rows.map((row) => ({
    ...row,
    items: JSON.parse(String(row['items'])) as unknown,
  })) as unknown as KnownBooking[]
}

/** What the product's tables say, in the same form; the money is the ledger's. */
export async function ourTables(database: Database): Promise<KnownBooking[]> {
  const rows = await database.booking.findMany({ include: { items: { orderBy: { id: 'asc' } } } })
  const ledger = await database.ledgerEntry.findMany()
  const sum = (id: string, kind: string) =>
    ledger.reduce((total, line) => total + (line.bookingId === id && line.kind === kind ? Number(line.amount) : 0), 0)
  return rows
    .map((row) => ({
      id: row.id,
      profile: row.profile,
      version: row.version,
      status: row.status,
      customer_id: row.customerId,
      provider_id: row.providerId,
      venue_id: row.venueId,
      starts: row.startsAt?.toISOString() ?? null,
      ends: row.endsAt?.toISOString() ?? null,
      party_size: row.partySize,
      currency: row.currency,
      total: Number(row.amount),
      paid: sum(row.id, 'captured'),
      refunded: 0 - sum(row.id, 'refunded'),
      items: row.items
        .filter(({ cancelled }) => cancelled !== true)
        .map(({ id, offeringId, unitId, quantity, startsAt, endsAt }) => ({
          item_id: id,
          offering_id: offeringId,
          unit_id: unitId,
          quantity,
          starts: startsAt?.toISOString() ?? null,
          ends: endsAt?.toISOString() ?? null,
        })),
    }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
}
