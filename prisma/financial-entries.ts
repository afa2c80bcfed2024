import type { Booking } from '../domain/booking.ts'
import { evolve } from '../domain/evolve.ts'
import type { Fact } from '../domain/facts.ts'
import type { Policy } from '../domain/policy.ts'
import type { Price } from '../domain/price.ts'
import { reversalOf, splitOf, type Split } from '../domain/settlement.ts'
import { ledgerColumns, type LedgerLine } from './columns.ts'
import type { Database } from './client.ts'

type Entry = {
  readonly key: string
  readonly paymentId: string
  readonly type: EntryType
  readonly split: Split
}

const TYPE_OF = {
  captured: 'payment',
  refunded: 'refund',
  disputed: 'dispute',
  dispute_returned: 'dispute_returned',
} as const satisfies Record<LedgerLine['kind'], string>
export type EntryType = (typeof TYPE_OF)[LedgerLine['kind']]

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
    const lines = ledgerColumns(booking, fact)
    booking = evolve(booking, fact)
    for (const line of lines) moves.push({ booking, line })
  }
  const keys = new Set(moves.map(({ line }) => line.key))
  const recorded = moves.some(({ line }) => line.kind !== 'captured') ? await recordedEntries(db, before.id) : []
  // Written once more, as after a lost answer, a move is not one of those before it.
  const known = recorded.filter(({ key }) => !keys.has(key))
  return moves.map(({ booking: { price, terms, ...parties }, line }) => {
    const type = TYPE_OF[line.kind]
    const split = splitOfLine(known, line, price, terms.policy)
    known.push({ key: line.key, paymentId: line.payment_id, type, split })
    return entryColumns(parties, line, type, split)
  })
}

function splitOfLine(known: readonly Entry[], line: LedgerLine, price: Price, policy: Policy): Split {
  const { kind, amount, currency } = line
  const ofPayment = known.filter(({ paymentId }) => paymentId === line.payment_id)
  // What came in another currency goes back whole: the price does not say who has a share of it (N-10).
  if (kind === 'captured') return currency === price.currency ? splitOf(amount, price, policy) : wholeTo(amount)
  const entriesOfType = (type: EntryType) => ofPayment.filter((entry) => entry.type === type).map(({ split }) => split)
  if (kind === 'dispute_returned') {
    const taken = known.find(({ key }) => key === line.key.replace(/^returned:/, 'disputed:'))?.split
    return taken === undefined ? wholeTo(amount) : togetherOf([taken], -1)
  }
  const paid = entriesOfType('payment')
  const whole = paid.length === 0 ? null : togetherOf(paid)
  const before = -togetherOf(ofPayment.filter(({ type }) => type !== 'payment').map(({ split }) => split)).total
  const left = whole === null ? -amount : Math.max(0, Math.min(-amount, whole.total - before))
  const back = reversalOf(whole, before, left, currency)
  // A bank may take back what was given back already: that is the platform's loss.
  const loss = -amount - left
  return { ...back, total: back.total - loss, platformFee: back.platformFee - loss }
}

function wholeTo(amount: number): Split {
  return { total: amount, platformFee: 0, clinicAmount: amount, tax: 0 }
}

function togetherOf(splits: readonly Split[], sign: 1 | -1 = 1): Split {
  const sum = (part: keyof Split) => splits.reduce((total, split) => total + sign * split[part], 0)
  return {
    total: sum('total'),
    platformFee: sum('platformFee'),
    clinicAmount: sum('clinicAmount'),
    tax: sum('tax'),
  }
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
    // Written by `record_financial_entries` alone, from this very type.
    type: row.type as EntryType,
    split: {
      total: Number(row.totalAmount),
      platformFee: Number(row.platformFee),
      clinicAmount: Number(row.clinicAmount),
      tax: Number(row.taxAmount),
    },
  }))
}
