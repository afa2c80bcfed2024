import { toInstant } from '../http/fields.ts'
import type { Database } from '../store/database.ts'
import type { Intent } from './intent.ts'

type MoneyKind = 'authorized' | 'captured' | 'voided' | 'refunded' | 'disputed' | 'dispute_returned'

interface LedgerRow {
  seq: number
  at: number
  kind: MoneyKind
  intent_id: string
  booking_id: string
  amount: number
  currency: string
  key: string | null
}

/**
 * Writes what happened to the money, in the transaction that makes it happen. The table refuses changes.
 * @param amount minor units, above zero
 * @param key the Idempotency-Key of the operation, null for what a browser or the bank did
 */
export function recordMoney(
  { db, now }: { db: Database; now: () => Date },
  intent: Intent,
  kind: MoneyKind,
  amount: number,
  key: string | null,
): void {
  db.run(
    'insert into ledger (at, kind, intent_id, booking_id, amount, currency, key) values (?, ?, ?, ?, ?, ?, ?)',
    now().getTime(),
    kind,
    intent.id,
    intent.booking_id,
    amount,
    intent.currency,
    key,
  )
}

/** The ledger in the order of the facts [S-07], of one booking or of all. */
export function readLedger(db: Database, bookingId: string | undefined): unknown[] {
  const rows =
    bookingId === undefined
      ? db.all<LedgerRow>('select * from ledger order by seq')
      : db.all<LedgerRow>('select * from ledger where booking_id = ? order by seq', bookingId)
  return rows.map((row) => ({ ...row, at: toInstant(row.at) }))
}
