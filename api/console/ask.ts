import { Refused, isFailureCode } from '../../domain/failures.ts'

/** A problem document as the API answers it. */
export type ProblemBody = {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly errors?: readonly {
    readonly pointer: string
    readonly message: string
    readonly candidates?: readonly string[]
  }[]
  readonly [member: string]: unknown
}

/** What the API said to something that was asked of it. */
export type Reply<Body> =
  | { readonly ok: true; readonly body: Body }
  | { readonly ok: false; readonly problem: ProblemBody }

/**
 * Asks the HTTP API, in process, with the session's token, as any other client does (ADR 0014): authentication, limits, idempotency, validation and
 * ownership are the same code.
 */
export type Ask = {
  /** Reads; what cannot be read is thrown as Refused, and the console makes a page of it. */
  read<Body>(path: string): Promise<Body>
  /** Asks for something that may well be refused; `key` is the Idempotency-Key of what changes something. Throws when the session is over. */
  tell<Body>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object, key?: string): Promise<Reply<Body>>
  /** The answer as it is, for streams. */
  open(path: string, headers?: Record<string, string>): Promise<Response>
}

/** An `Ask` for a token, until `signal` says that nobody waits any more. */
export function askAs(
  fetch: (request: Request) => Response | Promise<Response>,
  token: string,
  signal: AbortSignal,
): Ask {
  async function send(method: string, path: string, headers: Record<string, string>, text?: string): Promise<Response> {
    const body = text !== undefined && { body: text }
    const all = { ...headers, authorization: `Bearer ${token}` }
    return fetch(new Request(`http://console.invalid/api/v1${path}`, { method, headers: all, signal, ...body }))
  }

  async function tell<Body>(method: string, path: string, body?: object, key?: string): Promise<Reply<Body>> {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const response = await send(
      method,
      path,
      {
        ...(text !== undefined && {
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(text)),
        }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      text,
    )
    const answer: unknown = await response.json()
    if (response.ok) return { ok: true, body: answer as Body }
    const problem = answer as ProblemBody
    if (problem.code === 'unauthenticated') throw refusedAs(problem)
    return { ok: false, problem }
  }

  return {
    tell,
    async read<Body>(path: string) {
      const reply = await tell<Body>('GET', path)
      if (reply.ok) return reply.body
      throw refusedAs(reply.problem)
    },
    open: (path, headers = {}) => send('GET', path, headers),
  }
}

/** A problem as the error that it was. */
function refusedAs(problem: ProblemBody): Refused {
  const { code, detail, errors } = problem
  return new Refused({
    code: isFailureCode(code) ? code : 'unavailable',
    message: detail,
    ...(errors !== undefined && { details: { errors } }),
  })
}

/** A part of a path that somebody typed or chose; an empty one, or one that a URL would swallow, is the id of nothing. */
export function segment(text: string): string {
  return /^\.{0,2}$/.test(text) ? '%00' : encodeURIComponent(text.toWellFormed())
}
