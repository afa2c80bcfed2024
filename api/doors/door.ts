import { Hono, type Context, type MiddlewareHandler } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { Refused } from '../../domain/failures.ts'
import { exponentOf } from '../../domain/currencies.ts'
import { authenticator, type Principal } from '../auth.ts'
import { utf8 } from '../input.ts'
import { requestLimit } from '../limits.ts'
import { problemBehind } from '../problems.ts'
import { askFor, type Ask, type Method, type Problem } from './ask.ts'
import type { Parts } from '../../runtime/wire.ts'

/** What a door's handlers find in their context. */
export type DoorEnv = { Variables: { principal: Principal; ask: Ask } }
export type DoorContext = Context<DoorEnv>

/** How a seed's framework tells an error: its body for a status. `pointer` names a field by the API's name, which a door translates. */
export type ErrorShape = (problem: Problem) => { readonly status: number; readonly body: object }

/** An error in a door's own words, thrown by its handlers. */
export class DoorRefusal extends Error {
  override readonly name = 'DoorRefusal'
  readonly status: number
  readonly body: object
  constructor(status: number, body: object) {
    super(`refused with ${status}`)
    this.status = status
    this.body = body
  }
}

/** A door: an app of its own that answers as the seed's framework does, unknown paths and faults included. */
export function makeDoor(shape: ErrorShape): Hono<DoorEnv> {
  const door = new Hono<DoorEnv>()
  const refuse = (c: Context, problem: Problem) => {
    const { status, body } = shape(problem)
    const { retry_after: seconds = 2 } = problem as { retry_after?: number }
    if (problem.status === 503 || problem.status === 429) c.header('retry-after', String(seconds))
    return c.json(body, status as ContentfulStatusCode)
  }
  // The API's own limit would come too late: a door has read the body by then.
  door.use(requestLimit)
  door.notFound((c) => refuse(c, { status: 404, code: 'not_found', detail: 'Not Found' }))
  door.onError((error, c) => {
    if (error instanceof DoorRefusal) return c.json(error.body, error.status as ContentfulStatusCode)
    if (error instanceof Denied) return refuse(c, error.problem)
    const problem = problemBehind(error)
    if (problem !== null) return refuse(c, problem)
    // Our own fault: the app around says so in the log.
    throw error
  })
  return door
}

/** Lets nobody past without a good token, and gives the handlers the API to ask. */
export function guarded(app: Pick<Hono, 'fetch'>, parts: Parts): MiddlewareHandler<DoorEnv> {
  const authenticate = authenticator(parts.config, parts.log)
  return async (c, next) => {
    c.set('principal', await authenticate(c.req.header('authorization') ?? ''))
    c.set('ask', askFor(app, c))
    await next()
  }
}

/** A refusal of the API, on its way to the door's own words. */
export class Denied extends Error {
  override readonly name = 'Denied'
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

/** The answer, or the API's refusal thrown; `inOwnWords` says those that the seed has words of its own for. */
export async function asked<Body>(
  c: DoorContext,
  method: Method,
  path: string,
  body?: object,
  inOwnWords: (problem: Problem) => DoorRefusal | null = () => null,
): Promise<Body> {
  const reply = await c.get('ask')<Body>(method, `/api/v1${path}`, body)
  if (reply.ok) return reply.body
  throw inOwnWords(reply.problem) ?? new Denied(reply.problem)
}

/** The JSON object that was sent; an empty body is an empty object. Throws `malformed` for anything else. */
export async function bodyOf(c: DoorContext): Promise<Record<string, unknown>> {
  const text = utf8(await c.req.arrayBuffer(), 'The body')
  if (text.trim() === '') return {}
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new Refused({ code: 'malformed', message: 'The body is not a JSON object.' })
}

/** Did the API refuse a field of this name? */
export function isFaultAt(problem: Problem, field: string): boolean {
  return problem.errors?.some(({ pointer }) => pointer.endsWith(`/${field}`)) === true
}

/** Minor units as the decimal number that the seeds use: 4000 USD is 40. */
export function major(amount: number, currency: string): number {
  return Number((amount / 10 ** exponentOf(currency)).toFixed(exponentOf(currency)))
}
