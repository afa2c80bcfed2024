import { auditInvariants } from '../../prisma/invariants.ts'
import type { Caller } from './caller.ts'
import { eventually } from './eventually.ts'
import type { Parts } from '../../runtime/wire.ts'

const SIGNS: Readonly<Record<string, number>> = { captured: 1, dispute_returned: 1, refunded: -1, disputed: -1 }

type LedgerLine = { kind: string; booking_id: string; amount: number }

/**
 * What every test file ends with: no invariant is broken, and our ledger says of each booking what the payment service's own says. Money may
 * still be on its way back when a test ends, so both are asked until they agree.
 */
export async function audit({ database }: Parts, sandbox: Caller): Promise<void> {
  await eventually(async () => {
    const violations = await auditInvariants(database)
    if (violations.length > 0) throw new Error(`invariants are broken:\n${JSON.stringify(violations, null, 2)}`)
    const byHand = await keysByHand(database)
    const ours = new Map<string, number>()
    for (const { bookingId, amount, key } of await database.ledgerEntry.findMany()) {
      // What was paid by hand, and given back by hand, no payment service knows of.
      if (byHand.has(key)) continue
      ours.set(bookingId, (ours.get(bookingId) ?? 0) + Number(amount))
    }
    const theirs = new Map<string, number>()
    const { body } = await sandbox.get<LedgerLine[]>('/ledger')
    for (const { kind, booking_id, amount } of body) {
      const sign = SIGNS[kind] ?? 0
      if (sign !== 0) theirs.set(booking_id, (theirs.get(booking_id) ?? 0) + sign * amount)
    }
    for (const id of new Set([...ours.keys(), ...theirs.keys()])) {
      if ((ours.get(id) ?? 0) !== (theirs.get(id) ?? 0)) {
        throw new Error(
          `booking ${id}: our ledger says ${ours.get(id) ?? 0}, the payment service's ${theirs.get(id) ?? 0}`,
        )
      }
    }
  })
}

/** The ledger's keys of payments by hand and of their refunds. */
async function keysByHand(database: Parts['database']): Promise<Set<string>> {
  const payments = await database.payment.findMany({ where: { intentId: { startsWith: 'manual:' } } })
  const refunds = await database.refund.findMany({ where: { paymentId: { in: payments.map(({ id }) => id) } } })
  return new Set([...payments.map(({ intentId }) => `captured:${intentId}`), ...refunds.map(({ key }) => key)])
}
