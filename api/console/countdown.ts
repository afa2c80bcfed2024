import { html } from 'hono/html'
import type { BookingBody } from '../schemas/booking.ts'
import type { Html } from './page.ts'
import { clockText } from './words.ts'

/**
 * How long a hold lasts yet. countdown.js counts by the server's clock: it is told what time it is here, and goes on from there, whatever the browser's
 * own clock says; without it there is the time at which the hold ends.
 */
export function countdown({ hold, status, time_zone: zone, created_at: made }: BookingBody, now: Date): Html | null {
  if (hold === null || status !== 'pending') return null
  const [left, whole] = [now, new Date(made)].map((from) => (Date.parse(hold.expires_at) - from.getTime()) / 1000)
  const seconds = Math.max(0, Math.round(left!))
  return html`<div class="card countdown" data-left="${seconds}">
    <p>
      Held for <strong data-clock>${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}</strong> more,
      until ${clockText(hold.expires_at, zone)}
    </p>
    <progress aria-label="Time left of the hold" max="${Math.max(1, Math.round(whole!))}" value="${seconds}"></progress>
  </div>`
}
