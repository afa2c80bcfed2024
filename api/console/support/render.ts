import { html } from 'hono/html'
import type { Status } from '../../../domain/lifecycle.ts'
import { plain } from '../../../temporal/timeline/wording.ts'
import type { BookingBody } from '../../schemas/booking.ts'
import type { Html } from '../page.ts'
import { momentText, spanText } from '../format.ts'

const TONES: Readonly<Partial<Record<Status, 'good' | 'warn' | 'bad'>>> = {
  pending: 'warn',
  awaiting_approval: 'warn',
  confirmed: 'good',
  checked_in: 'good',
  in_progress: 'good',
  completed: 'good',
}

/** A status as a badge. */
export function statusBadge(status: Status): Html {
  return html`<span class="status" data-tone="${TONES[status] ?? 'none'}">${plain(status)}</span>`
}

/** That a person is needed, as a badge: what for is in its words. */
export function attentionBadge({ attention }: Pick<BookingBody, 'attention'>): Html | null {
  return attention === null
    ? null
    : html`<span class="status" data-tone="bad">needs attention: ${plain(attention.reason)}</span>`
}

/** An instant on the booking's clock, with how long it is until then, or since: `Wed 20 Jan 2027, 20:00 (in 3 h 12 min)`. */
export function momentFrom(instant: string, timeZone: string, now: Date): Html {
  return html`<time datetime="${instant}">${momentText(instant, timeZone)}</time> (${leftText(instant, now)})`
}

/** How long until an instant, or since, in the two largest units: `in 3 h 12 min`, `2 d 1 h ago`. */
export function leftText(instant: string, now: Date): string {
  const seconds = Math.round((new Date(instant).getTime() - now.getTime()) / 1000)
  const length = Math.abs(seconds)
  const [days, hours, minutes] = [
    Math.floor(length / 86_400),
    Math.floor(length / 3600) % 24,
    Math.floor(length / 60) % 60,
  ]
  const text =
    days > 0
      ? `${days} d ${hours} h`
      : hours > 0
        ? `${hours} h ${minutes} min`
        : minutes > 0
          ? `${minutes} min ${length % 60} s`
          : `${length} s`
  return seconds < 0 ? `${text} ago` : `in ${text}`
}

/** When a booking takes place; a course has no time. */
export function whenText({
  start,
  end,
  time_zone: timeZone,
}: Pick<BookingBody, 'start' | 'end' | 'time_zone'>): string {
  return start === null ? 'any time' : `${spanText(start, end, timeZone)} (${timeZone})`
}
