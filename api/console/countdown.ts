import { html } from 'hono/html'
import type { BookingBody } from '../schemas/booking.ts'
import type { Html } from './page.ts'
import { clockText } from './format.ts'

/**
 * How long a hold lasts yet. countdown.js counts by the server's clock: it is told what time it is here, and goes on from there, whatever the browser's
 * own clock says; without it there is the time at which the hold ends.
 */
export function countdown(booking: BookingBody, now: Date): Html | null {
  const lease = leaseOf(booking)
  if (lease === null) return null
  const { what, from, until } = lease
  const [left, whole] = [now, new Date(from)].map((start) => (Date.parse(until) - start.getTime()) / 1000)
  const seconds = Math.max(0, Math.round(left!))
  return html`<div class="card countdown" data-left="${seconds}">
    <p>
      ${what} for <strong data-clock>${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}</strong> more,
      until ${clockText(until, booking.time_zone)}
    </p>
    <progress aria-label="Time left" max="${Math.max(1, Math.round(whole!))}" value="${seconds}"></progress>
  </div>`
}

/** What is held for a time: the booking itself until it is paid, or the units of a change until its supplement is. */
function leaseOf({ hold, status, change, created_at: made, updated_at: changed }: BookingBody) {
  if (change !== null) return { what: 'The change is held', from: changed, until: change.expires_at }
  return hold === null || status !== 'pending' ? null : { what: 'Held', from: made, until: hold.expires_at }
}
