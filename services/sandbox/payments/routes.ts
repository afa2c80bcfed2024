import { Hono, type MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import type { Named } from '../faults/strike.ts'
import { queryId, readBody } from '../http/body.ts'
import { answer, type Operations } from '../http/operation.ts'
import type { SandboxEnv } from '../http/env.ts'
import { notFound } from '../http/problem.ts'
import { intentsOfBooking, openIntent, type Bank } from './bank.ts'
import { cancelIntent, captureIntent } from './capture.ts'
import { confirmIntent } from './confirm.ts'
import { toWire } from './intent.ts'
import { refundIntent } from './refund.ts'
import { cancelBody, captureBody, confirmBody, createIntentBody, refundBody } from './schemas.ts'
import { currentIntent } from './slow.ts'

/** `/api/v1/payments` [S-03]. */
export function paymentRoutes(bank: Bank, named: Named, operations: Operations): Hono<SandboxEnv> {
  return new Hono<SandboxEnv>()
    .post('/intents', named('payments', 'create_intent'), async (c) => {
      const body = await readBody(c, createIntentBody)
      return operations.once(c, 'create_intent', body, () =>
        answer(201, toWire(openIntent(bank, { ...body, payment_method: body.payment_method ?? null }))),
      )
    })
    .get('/intents', named('payments', 'list_intents'), (c) => {
      const ids = intentsOfBooking(bank, queryId(c, 'booking_id'))
      return c.json({ items: ids.flatMap((id) => currentIntent(bank, id) ?? []).map(toWire) })
    })
    .get('/intents/:id', named('payments', 'get_intent'), (c) => {
      const intent = currentIntent(bank, c.req.param('id'))
      if (intent === undefined) throw notFound('intent')
      return c.json(toWire(intent))
    })
    .options(
      '/intents/:id/confirm',
      cors({ allowMethods: ['POST'], allowHeaders: ['content-type', 'idempotency-key'] }),
    )
    .post('/intents/:id/confirm', fromAnyOrigin, named('payments', 'confirm'), async (c) => {
      const body = await readBody(c, confirmBody)
      return operations.onceIfKeyed(c, 'confirm', body, (key) => confirmIntent(bank, c.req.param('id'), body, key))
    })
    .post('/intents/:id/capture', named('payments', 'capture'), async (c) => {
      const body = await readBody(c, captureBody, { mayBeEmpty: true })
      return operations.once(c, 'capture', body, (key) => captureIntent(bank, c.req.param('id'), body, key))
    })
    .post('/intents/:id/cancel', named('payments', 'cancel'), async (c) => {
      const body = await readBody(c, cancelBody, { mayBeEmpty: true })
      return operations.once(c, 'cancel', body, (key) => cancelIntent(bank, c.req.param('id'), key))
    })
    .post('/refunds', named('payments', 'refund'), async (c) => {
      const body = await readBody(c, refundBody)
      return operations.once(c, 'refund', body, (key) => refundIntent(bank, body, key))
    })
}

/** What `cors` does for an answer, without making Hono build it a second time (65 µs of CPU a confirmation). */
const fromAnyOrigin: MiddlewareHandler<SandboxEnv> = (c, next) => {
  c.header('access-control-allow-origin', '*')
  return next()
}
