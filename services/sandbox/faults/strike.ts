import { setTimeout as delay } from 'node:timers/promises'
import type { Context, MiddlewareHandler } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { SandboxEnv } from '../http/env.ts'
import { Problem, problemResponse } from '../http/problem.ts'
import type { Faults } from './plan.ts'
import type { Operation, Rule, Service } from './rules.ts'

/** Names the operation behind a route, so that a rule can strike it. */
export type Named = <S extends Service>(service: S, operation: Operation<S>) => MiddlewareHandler<SandboxEnv>

/**
 * Plays the fault plan on calls [S-07]. With `executed` the work is done first, then the answer is late, wrong or missing;
 * without it `status` and `reset` do nothing but fail, and `delay_ms` alone is a slow service that still does its work.
 * @param closing cuts waits short when the sandbox closes
 */
export function createNamed(faults: Faults, closing: AbortSignal): Named {
  return (service, operation) => async (c, next) => {
    const rule = faults.strike(service, operation)
    if (rule === undefined) return next()
    if (rule.executed) await next()
    if (rule.delay_ms !== undefined) await delay(rule.delay_ms, undefined, { signal: closing })
    const failure = failureOf(c, rule)
    if (failure === undefined) return rule.executed ? undefined : next()
    // Away with the true answer first: setting one over it would merge their headers.
    c.res = undefined
    c.res = failure
    return undefined
  }
}

function failureOf(c: Context<SandboxEnv>, rule: Rule): Response | undefined {
  if (rule.reset) return reset(c)
  if (rule.status === undefined) return undefined
  const code = rule.code ?? codes[rule.status] ?? 'injected_fault'
  return problemResponse(c, new Problem(rule.status as ContentfulStatusCode, code, 'The fault plan says so.'))
}

const codes: Readonly<Record<number, string>> = { 429: 'rate_limited', 503: 'unavailable' }

/** Sends a TCP reset. Under `app.request` there is no socket, and the answer is a 599 that no real service gives. */
function reset(c: Context<SandboxEnv>): Response {
  c.env?.incoming?.socket.resetAndDestroy()
  return problemResponse(c, new Problem(599 as ContentfulStatusCode, 'connection_reset', 'The connection was reset.'))
}
