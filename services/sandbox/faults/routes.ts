import { Hono } from 'hono'
import { CONTROL_LIMIT, readBody } from '../http/body.ts'
import type { SandboxEnv } from '../http/env.ts'
import type { Faults } from './plan.ts'
import { faultPlan } from './rules.ts'

/** `GET` and `PUT /control/faults` [S-07]; both answer the plan with `matched` and `hits` per rule. */
export function faultRoutes(faults: Faults): Hono<SandboxEnv> {
  return new Hono<SandboxEnv>()
    .get('/', (c) => c.json(faults.read()))
    .put('/', async (c) => {
      faults.put(await readBody(c, faultPlan, { limit: CONTROL_LIMIT }))
      return c.json(faults.read())
    })
}
