import type { Booking } from '../domain/booking.ts'
import { evolve } from '../domain/evolve.ts'
import type { Fact } from '../domain/facts.ts'
import { reversalOf, splitOf, type Split } from '../domain/settlement.ts'
import { ledgerColumns, type LedgerLine } from './columns.ts'
import type { Database } from './client.ts'

type Entry = {
  readonly key: string
  readonly paymentId: string
  readonly type: 'payment' | 'refund'
  readonly split: Split
}

/**
 * The rows that say who gets what of the money these facts move (C-06), one for each line that they add to the ledger; none, and no question
 * asked, for facts that move none. What is given back is taken from what was recorded when it was paid, whatever the price is by now: those
 * rows cannot change between this reading and the write, which is refused when the booking has moved on.
 */
export async function entriesOf(
  db: Pick<Database, 'financialEntry'>,
  before: Booking,
  facts: readonly Fact[],
): Promise<object[]> {
  const moves: { booking: Booking; line: LedgerLine }[] = []
  let booking = before
  for (const fact of facts) {
    booking = evolve(booking, fact)
    for (const line of ledgerColumns(booking, fact)) moves.push({ booking, line })
  }
  const keys = new Set(moves.map(({ line }) => line.key))
  const recorded = moves.some(({ line }) => line.kind === 'refunded') ? await recordedEntries(db, before.id) : []
  // Written once more, as after a lost answer, a move is not one of those before it.
  const known = recorded.filter(({ key }) => !keys.has(key))
  return moves.map(({ booking: { price, terms, ...parties }, line }) => {
    const type = line.kind === 'captured' ? 'payment' : 'refund'
    const split = type === 'payment' ? splitOf(line.amount, price, terms.policy) : reversed(known, line)
    known.push({ key: line.key, paymentId: line.payment_id, type, split })
    return entryColumns(parties, line, type, split)
  })
}

function reversed(known: readonly Entry[], { payment_id: paymentId, amount, currency }: LedgerLine): Split {
  const ofPayment = known.filter((entry) => entry.paymentId === paymentId)
  const paid = ofPayment.find(({ type }) => type === 'payment')?.split ?? null
  const before = ofPayment.reduce((total, { type, split }) => total - (type === 'refund' ? split.total : 0), 0)
  return reversalOf(paid, before, -amount, currency)
}

function entryColumns(
  { profile, venue, provider }: Pick<Booking, 'profile' | 'venue' | 'provider'>,
  line: LedgerLine,
  type: Entry['type'],
  split: Split,
): object {
  return {
    booking_id: line.booking_id,
    payment_id: line.payment_id,
    ledger_key: line.key,
    profile,
    // Who is paid: the clinic, or whoever is in its place in another line of business.
    clinic_id: venue?.id ?? provider?.id ?? null,
    provider_id: provider?.id ?? null,
    type,
    total_amount: split.total,
    platform_fee: split.platformFee,
    clinic_amount: split.clinicAmount,
    tax_amount: split.tax,
    currency: line.currency,
    created_at: line.at,
  }
}

async function recordedEntries(db: Pick<Database, 'financialEntry'>, bookingId: string): Promise<Entry[]> {
  const rows = await db.financialEntry.findMany({ where: { bookingId } })
  return rows.map((row) => ({
    key: row.ledgerKey,
    paymentId: row.paymentId,
    type: row.type === 'payment' ? 'payment' : 'refund',
    split: {
      total: Number(row.totalAmount),
      platformFee: Number(row.platformFee),
      clinicAmount: Number(row.clinicAmount),
      tax: Number(row.taxAmount),
    },
  }))
}
