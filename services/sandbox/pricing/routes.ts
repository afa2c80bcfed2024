import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import type { Named } from '../faults/strike.ts'
import { readBody } from '../http/body.ts'
import { answer, type Operations } from '../http/operation.ts'
import type { SandboxEnv } from '../http/env.ts'
import { estimate, priceBody } from './quote.ts'

/** `/api/v1/pricing` [S-02]. A quote is not kept: with a key its answer is, without one each call is a new quote. */
export function pricingRoutes(now: () => Date, named: Named, operations: Operations): Hono<SandboxEnv> {
  return new Hono<SandboxEnv>()
    .post('/estimate', named('pricing', 'estimate'), async (c) => c.json(estimate(await readBody(c, priceBody), now())))
    .post('/calculate', named('pricing', 'calculate'), async (c) => {
      const body = await readBody(c, priceBody)
      return operations.onceIfKeyed(c, 'calculate', body, () =>
        answer(200, { quote_id: `qt_${randomUUID().replaceAll('-', '')}`, ...estimate(body, now()) }),
      )
    })
}
