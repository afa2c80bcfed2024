/** What Stripe answers instead of doing it: a status, and an error as its API has it (docs.stripe.com/error-codes). */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  /** Had the operation begun? Only then is the answer kept under the idempotency key. */
  readonly hasBegun: boolean

  constructor(status: number, body: Readonly<Record<string, unknown>>, hasBegun: boolean) {
    super(String(body['message']))
    this.status = status
    this.body = body
    this.hasBegun = hasBegun
  }
}

/** A parameter that is refused before anything is done. */
export function badParameter(param: string, code: string | null, message: string): Refusal {
  return new Refusal(400, { type: 'invalid_request_error', ...(code !== null && { code }), param, message }, false)
}

/** What the rules of the object do not allow. Stripe gives no code for some of it. */
export function notAllowed(code: string | null, message: string, more: object = {}): Refusal {
  return new Refusal(400, { type: 'invalid_request_error', ...(code !== null && { code }), message, ...more }, true)
}

export function missing(what: string, id: string, param = 'intent'): Refusal {
  const message = `No such ${what}: '${id}'`
  return new Refusal(404, { type: 'invalid_request_error', code: 'resource_missing', param, message }, true)
}

/** The bank says no. */
export function declined(declineCode: string, more: object = {}): Refusal {
  const about = { type: 'card_error', code: 'card_declined', decline_code: declineCode }
  return new Refusal(402, { ...about, message: 'Your card was declined.', ...more }, true)
}

export function unauthenticated(key: string, isExpired: boolean): Refusal {
  const shown = `${key.slice(0, 8)}***`
  return isExpired
    ? new Refusal(
        401,
        { type: 'invalid_request_error', code: 'api_key_expired', message: `Expired API Key provided: ${shown}` },
        false,
      )
    : new Refusal(401, { type: 'invalid_request_error', message: `Invalid API Key provided: ${shown}` }, false)
}
