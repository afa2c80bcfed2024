import { isDeepStrictEqual } from 'node:util'
import type { Request } from './api.ts'
import { Refusal } from './refusals.ts'

/** What a request was answered: kept under its key for a day, failures too (docs.stripe.com/api/idempotent_requests). */
export type Answered = { readonly status: number; readonly body: object }

const A_DAY_MS = 86_400_000

/** The idempotency keys of an account. */
export class Keys {
  readonly #known = new Map<string, { readonly request: Request; readonly at: number; answered: Answered | null }>()

  /** What was answered under this key; null: it is new. Throws for another request under it, and while the first one is under way. */
  begin(key: string, request: Request, now: Date): Answered | null {
    const known = this.#known.get(key)
    if (known === undefined || now.getTime() - known.at > A_DAY_MS) {
      this.#known.set(key, { request, at: now.getTime(), answered: null })
      return null
    }
    if (!isDeepStrictEqual(known.request, request)) {
      const message = `Keys for idempotent requests can only be used with the same parameters: ${key}`
      throw new Refusal(400, { type: 'idempotency_error', message }, false)
    }
    if (known.answered === null) {
      const about = { type: 'idempotency_error', code: 'idempotency_key_in_use' }
      throw new Refusal(409, { ...about, message: 'Another request with this key is under way.' }, false)
    }
    return known.answered
  }

  /** Keeps an answer; null: the request had not begun, and may be another one the next time. */
  end(key: string, answered: Answered | null): void {
    const known = this.#known.get(key)
    if (answered === null) this.#known.delete(key)
    else if (known !== undefined) known.answered = answered
  }
}
