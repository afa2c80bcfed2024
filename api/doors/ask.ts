import type { Context, Hono } from 'hono'

/** A problem document of the API, or the answer that was asked for. */
export type Reply<Body> = { readonly ok: true; readonly body: Body } | { readonly ok: false; readonly problem: Problem }

export type Problem = {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[]
  readonly [member: string]: unknown
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** Asks the HTTP API in process with the caller's own token and key, so a door repeats no rule of the engine (F-01 to F-04). */
export type Ask = <Body>(method: Method, path: string, body?: object) => Promise<Reply<Body>>

/** Headers that mean the same at a door as at the API. */
const FORWARDED = ['authorization', 'idempotency-key', 'if-match', 'traceparent', 'tracestate', 'x-request-id']

export function askFor(app: Pick<Hono, 'fetch'>, c: Context): Ask {
  const forwarded = FORWARDED.flatMap((name) => {
    const value = c.req.header(name)
    return value === undefined ? [] : [[name, value] as [string, string]]
  })
  return async <Body>(method: Method, path: string, body?: object): Promise<Reply<Body>> => {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers = new Headers(forwarded)
    if (text !== undefined) {
      headers.set('content-type', 'application/json')
      headers.set('content-length', String(Buffer.byteLength(text)))
    }
    const request = new Request(`http://door.invalid${path}`, {
      method,
      headers,
      signal: c.req.raw.signal,
      ...(text !== undefined && { body: text }),
    })
    const response = await app.fetch(request)
    const answer: unknown = await response.json()
    if (response.ok) return { ok: true, body: answer as Body }
    return { ok: false, problem: answer as Problem }
  }
}

/** A part of a path that a caller chose; an empty one, or one that a URL would swallow, is the id of nothing. */
export function segment(text: string): string {
  return /^\.{0,2}$/.test(text) ? '%00' : encodeURIComponent(text.toWellFormed())
}
