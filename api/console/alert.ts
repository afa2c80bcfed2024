import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { html } from 'hono/html'
import { z } from 'zod'
import type { FailureCode } from '../../domain/failures.ts'
import type { ProblemBody } from './ask.ts'
import type { Html } from './page.ts'
import { ourCookie } from './session.ts'

/** What somebody can do about a refusal, in a sentence. */
const ADVICE: Readonly<Record<FailureCode, string>> = {
  malformed: 'Go back and fill in the form again.',
  validation_failed: 'Correct what is named below and send it again.',
  unauthenticated: 'Sign in again.',
  forbidden: 'Sign in as somebody who may, or ask an operator.',
  not_found: 'Check the id or the reference; bookings of others are not shown to you.',
  sold_out: 'Somebody was a moment faster. What is still free is shown below: pick something else.',
  hold_expired: 'The units went back on sale. Begin again from the box office.',
  version_conflict: 'It changed while you looked. Look at it as it is now, then decide again.',
  illegal_transition: 'Look at where the booking stands now: what can be done is shown there.',
  policy_forbids: 'Choose something that its policy allows.',
  idempotency_mismatch: 'This form had been sent before. It has been made anew: send it again.',
  payload_too_large: 'Send less at once.',
  unsupported_media_type: 'Use the form of this page.',
  rate_limited: 'Wait for a moment, then try again.',
  unavailable: 'Nothing is lost. Try again in a moment; the same form is not carried out twice.',
}

const Notice = z.object({
  code: z.string().max(50),
  title: z.string().max(200),
  detail: z.string(),
  errors: z
    .array(z.object({ pointer: z.string(), message: z.string(), candidates: z.array(z.string()).optional() }))
    .optional(),
})
type Notice = z.infer<typeof Notice>

/** A refusal as an alert: what happened, which field, and what to do now. */
export function alert({ code, title, detail, errors = [] }: Notice | ProblemBody): Html {
  const advice = Object.hasOwn(ADVICE, code) ? ADVICE[code as FailureCode] : ADVICE.unavailable
  return html`<div class="alert" role="alert">
    <h2>${title}</h2>
    <p>${errors.length === 0 ? detail : ''}${advice === '' ? '' : ` ${advice}`}</p>
    ${
      errors.length > 0 &&
      html`<ul>
        ${errors.map(
          ({ pointer, message, candidates = [] }) =>
            html`<li>
              <strong>${fieldOf(pointer)}</strong>
              ${message}${candidates.length > 0 ? `: ${candidates.join(' or ')}` : ''}
            </li>`,
        )}
      </ul>`
    }
  </div>`
}

/** `/items/0/start_local` is `start local`. */
function fieldOf(pointer: string): string {
  const last = pointer.split('/').findLast((part) => part !== '' && !/^\d+$/.test(part))
  return (last ?? 'the form').replaceAll('_', ' ')
}

const COOKIE = 'holdfast_notice'
const MAX_LENGTH = 2500
const SECONDS = 60

/** Keeps a refusal for the page that is redirected to (Post/Redirect/Get), which shows it once. */
export function keepNotice(c: Context, { code, title, detail, errors }: ProblemBody): void {
  const short = { code, title, detail: detail.slice(0, 500) }
  const whole = JSON.stringify({ ...short, ...(errors !== undefined && { errors: errors.slice(0, 10) }) })
  const text = encodeURIComponent(whole).length > MAX_LENGTH ? JSON.stringify(short) : whole
  setCookie(c, COOKIE, text, { ...ourCookie, maxAge: SECONDS })
}

/** The refusal that brought somebody here, as an alert; nothing when none did. */
export function noticeOf(c: Context): Html | null {
  const text = getCookie(c, COOKIE)
  if (text === undefined) return null
  deleteCookie(c, COOKIE, ourCookie)
  try {
    return alert(Notice.parse(JSON.parse(text)))
  } catch {
    // Not of our making.
    return null
  }
}
