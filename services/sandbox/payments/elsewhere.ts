import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { z } from 'zod'
import { readBody } from '../http/body.ts'
import type { SandboxEnv } from '../http/env.ts'
import { Problem, notFound } from '../http/problem.ts'
import { change, type Bank } from './bank.ts'
import { recordMoney } from './ledger.ts'
import { currentIntent } from './slow.ts'

const refundBody = z.strictObject({ amount: z.int().min(1) })
const disputeBody = z.strictObject({
  dispute_id: z.string().min(1).max(200),
  event: z.enum(['opened', 'funds_withdrawn', 'funds_reinstated', 'won', 'lost']),
  amount: z.int().min(1),
  reason: z.string().max(200).optional(),
})

/**
 * What happens to money without Holdfast's doing (N-14): somebody gives it back in the payment service's dashboard, a customer disputes it at their bank.
 * A dispute's events are told as the caller says them, so that a test can have them in any order; money moves with `funds_withdrawn` and `funds_reinstated`.
 */
export function elsewhereRoutes(bank: Bank): Hono<SandboxEnv> {
  const captured = (id: string) => {
    const intent = currentIntent(bank, id)
    if (intent === undefined) throw notFound('intent')
    return intent
  }
  return new Hono<SandboxEnv>()
    .post('/:id/refund', async (c) => {
      const { amount } = await readBody(c, refundBody)
      return bank.db.transaction(() => {
        const intent = captured(c.req.param('id'))
        const refundable = intent.amount_captured - intent.amount_refunded
        if (amount > refundable) throw new Problem(422, 'amount_too_large', `At most ${refundable} can be refunded.`)
        const refundId = `re_${randomUUID().replaceAll('-', '')}`
        const next = change(bank, intent, { amount_refunded: intent.amount_refunded + amount })
        recordMoney(bank, next, 'refunded', amount, null)
        bank.emit('refund.succeeded', next, { amount, refund_id: refundId })
        return c.json({ id: refundId, amount }, 201)
      })
    })
    .post('/:id/dispute', async (c) => {
      const { dispute_id, event, amount, reason } = await readBody(c, disputeBody)
      return bank.db.transaction(() => {
        const intent = captured(c.req.param('id'))
        if (event === 'funds_withdrawn') recordMoney(bank, intent, 'disputed', amount, null)
        if (event === 'funds_reinstated') recordMoney(bank, intent, 'dispute_returned', amount, null)
        bank.emit(`dispute.${event}`, intent, { amount, dispute_id, ...(reason !== undefined && { reason }) })
        return c.json({ id: dispute_id }, 201)
      })
    })
}
