import type { Hono } from 'hono'
import { html } from 'hono/html'
import type { Config } from '../../config.ts'
import type { BookingBody } from '../schemas/booking.ts'
import { keepNotice } from './alert.ts'
import { segment, type ProblemBody } from './ask.ts'
import { formOf, idempotencyField } from './form.ts'
import type { Html } from './page.ts'
import type { ConsoleEnv } from './session.ts'
import { moneyText } from './format.ts'

/** What the sandbox can be paid with. */
const CARDS = [
  { method: 'pm_card_visa', about: 'A card that works', more: {} },
  { method: 'pm_card_declined', about: 'A card that is declined', more: {} },
  { method: 'pm_bank_slow', about: 'A bank that takes five seconds', more: { processing_seconds: 5 } },
] as const

const DEADLINE_MS = 5000
const WAIT_SECONDS = 2

type PayingConfig = Pick<Config, 'CONSOLE_SANDBOX_URL' | 'PAYMENT_PROVIDER'>

/** What is to be paid now: the supplement of a change that waits for it, else the booking's own payment. */
function payableOf({ change, payment }: BookingBody): BookingBody['payment'] {
  return change === null ? payment : change.payment
}

/** How it is paid: here with a card of the sandbox, else where the payment service asks for it. */
export function payCard(booking: BookingBody, config: PayingConfig): Html | null {
  const { id, currency, available_actions: can } = booking
  const payment = payableOf(booking)
  if (payment === null) return null
  const isDeclined = payment.status === 'failed' && html`<p class="alert">The payment was declined.</p>`
  const isAwaited = booking.status === 'pending' || booking.change !== null
  if (isAwaited && (payment.status === 'processing' || payment.status === 'authorized')) {
    return html`<p class="card">The payment is under way. Please wait: the result will show here.</p>`
  }
  if (!can.includes('pay')) return isDeclined === false ? null : isDeclined
  const due = moneyText(payment.amount, currency)
  if (sandboxOf(config) === null || payment.client_secret === null) {
    return html`${isDeclined}
      <section class="card">
        <h2>Payment</h2>
        <p>
          ${due} are to be paid at the payment service (intent ${payment.intent_id}). This page changes as soon as they
          are.
        </p>
      </section>`
  }
  return html`${isDeclined}
    <form class="card" method="post" action="/console/checkout/${id}/pay">
      <h2>Pay ${due}</h2>
      ${idempotencyField()}
      <fieldset>
        <legend>With</legend>
        <div class="options">
          ${CARDS.map(
            ({ method, about }, index) =>
              html`<label class="option">
                <input type="radio" name="method" value="${method}" ${index === 0 ? 'checked' : ''} />
                <span><strong>${about}</strong></span>
              </label>`,
          )}
        </div>
      </fieldset>
      <button class="primary" type="submit">Pay</button>
    </form>`
}

/** Paying at the sandbox, as the customer's browser would: with the secret that only who pays is shown. */
export function payRoutes(site: Hono<ConsoleEnv>, config: PayingConfig): void {
  const sandbox = sandboxOf(config)
  if (sandbox === null) return
  site.post('/checkout/:id/pay', async (c) => {
    const form = await formOf(c)
    const id = segment(c.req.param('id'))
    const booking = await c.get('ask').read<BookingBody>(`/bookings/${id}`)
    const card = CARDS.find(({ method }) => method === form.one('method'))
    const payment = payableOf(booking)
    if (card === undefined || payment?.client_secret == null) {
      keepNotice(
        c,
        refusal('validation_failed', card === undefined ? 'Choose how to pay.' : 'There is nothing to pay.'),
      )
    } else {
      const problem = await confirm(sandbox, payment.intent_id, form.key, {
        client_secret: payment.client_secret,
        payment_method: card.method,
        ...card.more,
      })
      if (problem !== null) keepNotice(c, problem)
      // What the payment service says of it comes in by itself; mostly it is there before the next page is.
      else await c.get('ask').tell('GET', `/bookings/${id}?wait=${WAIT_SECONDS}&after_version=${booking.version}`)
    }
    return c.redirect(`/console/checkout/${id}`, 303)
  })
}

/** Asks the sandbox to take the money; null when it did or declined, which the booking itself is told by a webhook. */
async function confirm(sandbox: string, intent: string, key: string, body: object): Promise<ProblemBody | null> {
  try {
    const response = await fetch(new URL(`/api/v1/payments/intents/${segment(intent)}/confirm`, sandbox), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(DEADLINE_MS),
    })
    if (response.ok) return null
    const { detail } = (await response.json()) as { detail?: string }
    return refusal('illegal_transition', detail ?? 'The payment service does not take it.')
  } catch {
    return refusal('unavailable', 'The payment service does not answer.')
  }
}

function refusal(code: string, detail: string): ProblemBody {
  return { status: 409, code, title: 'Not paid', detail }
}

/** The sandbox that is paid at, null where payments are somebody else's. */
function sandboxOf({ CONSOLE_SANDBOX_URL: url, PAYMENT_PROVIDER }: PayingConfig): string | null {
  return PAYMENT_PROVIDER === 'sandbox' ? (url ?? null) : null
}
