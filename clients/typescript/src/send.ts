import { HoldfastProblem } from './problem.ts'
import type { Problem } from './schema.ts'

export type ClientOptions = {
  /** Where the API is, like `http://localhost:3000`. */
  readonly url: string
  /** A bearer token, or what gives one for each request. */
  readonly token: string | (() => string | Promise<string>)
  /** How often a request is sent at most, the first time included; the network, 429 and 503 are tried again. Usually 5. */
  readonly attempts?: number
  /** How long one try may take, in milliseconds. Usually 60,000: longer than any `wait`. */
  readonly timeoutMs?: number
  readonly fetch?: typeof fetch
}

export type CallOptions = {
  /** Made for each call, and kept over its retries. Give one of your own to repeat a call after a crash. */
  readonly idempotencyKey?: string
  /** The version that the booking must have (`If-Match`). */
  readonly version?: number
  readonly signal?: AbortSignal
}

export type Request = {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | FormData | undefined
}

const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 10_000
/** When the API asks for more patience than this, its refusal is thrown: what to do then is the caller's affair. */
const LONGEST_RETRY_AFTER_S = 60

/** Sends a request until it is answered: the same one, under the same key. Gives the answer's JSON, or the file. Throws HoldfastProblem for what the API refuses. */
export async function send(
  { url, token, attempts = 5, timeoutMs = 60_000, fetch: ask = fetch }: ClientOptions,
  { method, path, headers, body }: Request,
  signal?: AbortSignal,
): Promise<unknown> {
  for (let attempt = 1; ; attempt += 1) {
    const isLast = attempt >= attempts
    const limit = AbortSignal.timeout(timeoutMs)
    try {
      const authorization = `Bearer ${typeof token === 'string' ? token : await token()}`
      const response = await ask(`${url.replace(/\/$/, '')}/api/v1${path}`, {
        method,
        headers: { ...headers, authorization },
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
        ...(body !== undefined && { body }),
      })
      if (response.ok) return await bodyOf(response)
      const problem = await problemOf(response)
      const mayPass = response.status === 429 || response.status === 503
      if (isLast || !mayPass || (problem.retryAfter ?? 0) > LONGEST_RETRY_AFTER_S) throw problem
      await pause((problem.retryAfter ?? 0) * 1000 || pauseAfter(attempt), signal)
    } catch (error) {
      // Nobody answered, or not to the end: whether it was done is not known, and the key makes it safe to ask again.
      if (isLast || signal?.aborted === true || error instanceof HoldfastProblem) throw error
      await pause(pauseAfter(attempt), signal)
    }
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  const isJson = (response.headers.get('content-type') ?? '').startsWith('application/json')
  return isJson ? response.json() : response.blob()
}

async function problemOf(response: Response): Promise<HoldfastProblem> {
  const after = Number(response.headers.get('retry-after') ?? Number.NaN)
  const text = await response.text()
  const isProblem = (response.headers.get('content-type') ?? '').includes('problem+json')
  const problem = isProblem ? (JSON.parse(text) as Problem) : strange(response, text)
  return new HoldfastProblem(problem, Number.isFinite(after) ? after : null)
}

/** What answers instead of the API: a proxy, usually. */
function strange({ status, statusText }: Response, text: string): Problem {
  return { type: 'about:blank', title: statusText, status, code: 'unavailable', detail: text.slice(0, 200) }
}

function pauseAfter(attempt: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2)
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, ms)
    const abort = () => {
      clearTimeout(timer)
      reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'))
    }
    signal?.addEventListener('abort', abort, { once: true })
  })
}
