import { auditInvariants } from '../../prisma/invariants.ts'
import { eventually } from './eventually.ts'
import type { Parts } from '../../runtime/wire.ts'

/** `returned`: a refund that came back. */
const SIGNS: Readonly<Record<string, number>> = {
  captured: 1,
  dispute_returned: 1,
  returned: 1,
  refunded: -1,
  disputed: -1,
}

/** A line of the books of whoever takes the money. */
export type LedgerLine = {
  readonly kind: string
  readonly booking_id: string
  readonly amount: number
  readonly currency: string
}

/**
 * What every test file ends with: no invariant is broken, and our ledger says of each booking what the payment service's own says. Money may
 * still be on its way back when a test ends, so both are asked until they agree.
 */
export async function audit(
  { database }: Parts,
  readTheirs: () => Promise<readonly LedgerLine[]> | readonly LedgerLine[],
): Promise<void> {
  await eventually(async () => {
    const violations = await auditInvariants(database)
    if (violations.length > 0) throw new Error(`invariants are broken:\n${JSON.stringify(violations, null, 2)}`)
    const byHand = await keysByHand(database)
    const ours = new Sums()
    for (const { bookingId, amount, currency, key } of await database.ledgerEntry.findMany()) {
      // What was paid by hand, and given back by hand, no payment service knows of.
      if (!byHand.has(key)) ours.add(bookingId, currency, Number(amount))
    }
    const theirs = new Sums()
    for (const { kind, booking_id, currency, amount } of await readTheirs()) {
      theirs.add(booking_id, currency, (SIGNS[kind] ?? 0) * amount)
    }
    for (const what of new Set([...ours.of.keys(), ...theirs.of.keys()])) {
      const [mine, told] = [ours.of.get(what) ?? 0, theirs.of.get(what) ?? 0]
      if (mine !== told) throw new Error(`booking ${what}: our ledger says ${mine}, the payment service's ${told}`)
    }
  })
}

/** What is kept of each booking, by currency. */
class Sums {
  readonly of = new Map<string, number>()

  add(bookingId: string, currency: string, amount: number): void {
    const what = `${bookingId} ${currency.toUpperCase()}`
    this.of.set(what, (this.of.get(what) ?? 0) + amount)
  }
}

/** The ledger's keys of payments by hand and of their refunds. */
async function keysByHand(database: Parts['database']): Promise<Set<string>> {
  const payments = await database.payment.findMany({ where: { intentId: { startsWith: 'manual:' } } })
  const refunds = await database.refund.findMany({ where: { paymentId: { in: payments.map(({ id }) => id) } } })
  return new Set([...payments.map(({ intentId }) => `captured:${intentId}`), ...refunds.map(({ key }) => key)])
}
