import type { Metadata } from '@grpc/grpc-js'
import type { Hono } from 'hono'
import { CallRefused, type ProblemBody } from './status.ts'

/**
 * Asks the HTTP API, in process, on behalf of a gRPC caller: authentication, limits, idempotency, validation and ownership are the same code for
 * both. Each throws CallRefused with the problem document of what was refused.
 */
export type Ask = {
  get<Body>(path: string): Promise<Body>
  post<Body>(path: string, body: object): Promise<Body>
  put<Body>(path: string, body: object): Promise<Body>
}

/** Metadata that means the same as the header of its name. */
const FORWARDED = ['authorization', 'idempotency-key', 'if-match', 'traceparent', 'tracestate', 'x-request-id']

/** What a call asks with: its caller's metadata, until `signal` says that nobody waits any more. */
export function askFor(app: Pick<Hono, 'fetch'>, metadata: Metadata, signal: AbortSignal): Ask {
  const forwarded = FORWARDED.flatMap((name) => {
    const value = metadata.get(name)[0]
    return value === undefined ? [] : [[name, String(value)] as [string, string]]
  })

  async function send<Body>(method: string, path: string, body?: object): Promise<Body> {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers = new Headers(forwarded)
    if (text !== undefined) {
      headers.set('content-type', 'application/json')
      headers.set('content-length', String(Buffer.byteLength(text)))
    }
    const request = new Request(`http://grpc.invalid/api/v1${path}`, {
      method,
      headers,
      signal,
      ...(text !== undefined && { body: text }),
    })
    const response = await app.fetch(request)
    const answer = await response.json()
    if (response.ok) return answer as Body
    const retryAfter = response.headers.get('retry-after')
    throw new CallRefused(answer as ProblemBody, retryAfter === null ? null : Number(retryAfter))
  }

  return {
    get: (path) => send('GET', path),
    post: (path, body) => send('POST', path, body),
    put: (path, body) => send('PUT', path, body),
  }
}

/** A part of a path that a caller chose; an empty one, or one that a URL would swallow, is the id of nothing. */
export function segment(text: string): string {
  return /^\.{0,2}$/.test(text) ? '%00' : encodeURIComponent(text.toWellFormed())
}
