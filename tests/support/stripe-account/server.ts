import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { answer, operationOf, type Request } from './api.ts'
import type { Books } from './books.ts'
import { Keys, type Answered } from './keys.ts'
import { Refusal, unauthenticated } from './refusals.ts'

/** What goes wrong on demand: the next requests of an operation, `times` of them or all. */
export type Fault = {
  readonly operation: Request['operation']
  readonly times?: number
  /** Answers with this status: 429 and 5xx. */
  readonly status?: number
  /** … though it was done: under its key the failure is repeated for a day. */
  readonly executed?: boolean
  /** Answers only after so long; cuts the connection instead. */
  readonly delay_ms?: number
  readonly reset?: boolean
}
type Rule = Fault & { matched: number; hits: number }

/** What came over the wire, and when its key was made. */
type Came = Request & { readonly key: string | null }

const FAILURES: Readonly<Record<number, object>> = {
  429: { type: 'invalid_request_error', code: 'rate_limit', message: 'Too many requests.' },
}

/** Stripe's API over HTTP, as far as it is played: who may ask, what is asked again, and what goes wrong on demand. */
export class StripeServer {
  readonly came: Came[] = []
  readonly #books: Books
  readonly #keys = new Keys()
  readonly #server: Server
  #rules: Rule[] = []
  #secretKeys: Readonly<Record<string, 'good' | 'expired'>>

  constructor(books: Books, secretKey: string) {
    this.#books = books
    this.#secretKeys = { [secretKey]: 'good' }
    this.#server = createServer((request, response) => void this.#handle(request, response))
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  /** The old key is refused from now on; null: as before. */
  rotate(secretKey: string | null): void {
    this.#secretKeys = Object.fromEntries(
      Object.keys(this.#secretKeys).map((key) => [key, secretKey === null ? 'good' : 'expired'] as const),
    )
    if (secretKey !== null) this.#secretKeys = { ...this.#secretKeys, [secretKey]: 'good' }
  }

  /** Puts the faults; how often each was met is asked of what it answers with. */
  fault(...faults: readonly Fault[]): () => readonly { readonly matched: number; readonly hits: number }[] {
    const rules = faults.map((fault) => ({ ...fault, matched: 0, hits: 0 }))
    this.#rules = rules
    return () => rules.map(({ matched, hits }) => ({ matched, hits }))
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const chunk of incoming) text += String(chunk)
    const url = new URL(incoming.url ?? '', 'http://stripe.test')
    const which = operationOf(incoming.method ?? '', url.pathname)
    const params = Object.fromEntries(new URLSearchParams(incoming.method === 'GET' ? url.search : text))
    const key = incoming.headers['idempotency-key']?.toString() ?? null
    const rule = which === null ? undefined : this.#ruleFor(which.operation)
    const say = ({ status, body }: Answered, more: Record<string, string> = {}) =>
      response
        .writeHead(status, {
          'content-type': 'application/json',
          'request-id': 'req_1',
          date: this.#books.now().toUTCString(),
          ...more,
        })
        .end(JSON.stringify(body))
    try {
      this.#authenticate(incoming.headers.authorization)
      if (which === null) throw new Refusal(404, { type: 'invalid_request_error', message: 'Unrecognized URL.' }, false)
      const request: Request = { ...which, params }
      this.came.push({ ...request, key })
      if (rule?.reset === true) return void incoming.socket.destroy()
      if (rule?.status !== undefined && rule.executed !== true) throw failureOf(rule.status)
      const known = key === null ? null : this.#keys.begin(key, request, this.#books.now())
      if (known !== null) return void say(known, { 'idempotent-replayed': 'true' })
      const done = this.#do(request, rule?.status)
      if (key !== null) this.#keys.end(key, done.hasBegun ? done : null)
      if (rule?.delay_ms !== undefined) await setTimeout(rule.delay_ms)
      say(done)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      say({ status: error.status, body: { error: error.body } })
    }
  }

  /** Does it in one go: nothing else happens to the books in between. `failsWith`: it is done, and fails on its way out. */
  #do(request: Request, failsWith: number | undefined): Answered & { hasBegun: boolean } {
    try {
      const body = answer(this.#books, request)
      if (failsWith === undefined) return { status: 200, body, hasBegun: true }
      return { status: failsWith, body: { error: failureOf(failsWith).body }, hasBegun: true }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return { status: error.status, body: { error: error.body }, hasBegun: error.hasBegun }
    }
  }

  #authenticate(header: string | undefined): void {
    const key = /^Bearer (.+)$/.exec(header ?? '')?.[1] ?? ''
    const state = this.#secretKeys[key]
    if (state !== 'good') throw unauthenticated(key, state === 'expired')
  }

  #ruleFor(operation: Request['operation']): Rule | undefined {
    const rule = this.#rules.find((rule) => rule.operation === operation)
    if (rule === undefined) return undefined
    rule.matched += 1
    if (rule.times !== undefined && rule.hits >= rule.times) return undefined
    rule.hits += 1
    return rule
  }
}

function failureOf(status: number): Refusal {
  return new Refusal(
    status,
    { ...(FAILURES[status] ?? { type: 'api_error', message: 'Something went wrong.' }) },
    false,
  )
}
