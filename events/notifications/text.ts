import type { Booking } from '../../domain/booking.ts'
import type { Fact } from '../../domain/facts.ts'
import type { BookingNews } from '../../domain/notifications.ts'
import type { Instant } from '../../domain/time.ts'
import { serviceName } from '../payloads/clinic.ts'
import { amountOf, refundAhead, wallClock } from '../payloads/values.ts'

/**
 * A notification in words. They name the booking and no person, so that title and content may be shown on a locked screen. Times are those of the
 * clock where the booking takes place.
 */
export function textOf(type: BookingNews, booking: Booking, fact?: Fact): { title: string; content: string } {
  const { reference } = booking
  const what = serviceName(booking)
  const visit = `${what}${whenOf(booking)}`
  switch (type) {
    case 'booking_confirmed':
      return { title: `Booking ${reference} is confirmed`, content: `${visit}.${extrasOf(booking)}` }
    case 'booking_cancelled':
      return { title: `Booking ${reference} is cancelled`, content: `${visit}.${reasonOf(booking)}${backOf(booking)}` }
    case 'booking_expired':
      return {
        title: `Booking ${reference} has expired`,
        content: `${visit} was not paid in time, and is free for others again.`,
      }
    case 'booking_changed':
      return { title: `Booking ${reference} has changed`, content: `It is now ${visit}.` }
    case 'approval_needed':
      return {
        title: `Booking ${reference} waits for approval`,
        content: `${visit} is reserved until it is approved or declined. Nothing is charged before.`,
      }
    case 'approval_declined':
      return {
        title: `Booking ${reference} was declined`,
        content: `${visit}.${reasonOf(booking)} Nothing is charged.`,
      }
    case 'refund_succeeded':
      return {
        title: `Refund for booking ${reference}`,
        content: `${refundOf(booking, fact)} is on its way back to your account.`,
      }
    case 'reminder_upcoming':
      return { title: `Coming up: ${what}`, content: `${visit}. Booking ${reference}.${extrasOf(booking)}` }
    case 'reminder_check_in':
      return { title: `Soon: ${what}`, content: `${visit}. Please check in. Booking ${reference}.` }
    case 'reminder_follow_up':
      return {
        title: `After your visit: ${what}`,
        content: `We hope that all went well. Is there anything else that we can do? Booking ${reference}.`,
      }
    case 'reminder_review_request':
      return { title: `How was it? ${what}`, content: `Tell others what you think of it. Booking ${reference}.` }
  }
}

/** An offer of the waitlist in words: what came free, and until when it is kept. */
export function textOfOffer({ names, start, timeZone, expiresAt }: OfferText): { title: string; content: string } {
  const what = names.join(', ')
  const until = wallClock(expiresAt, timeZone)
  return {
    title: `It is your turn: ${what}`,
    content:
      `${what}${whenOf({ start, timeZone })} has come free, and is kept for you until ${until.date} at ` +
      `${until.time?.slice(0, 5)} (${timeZone}). If you do not accept it by then, it goes to whoever is next.`,
  }
}

/** What an offer is told with: the names of what is offered, and when it begins. */
export type OfferText = {
  readonly names: readonly string[]
  readonly start: Instant | null
  readonly timeZone: string
  readonly expiresAt: Instant
}

function whenOf({ start, timeZone }: Pick<Booking, 'start' | 'timeZone'>): string {
  const { date, time } = wallClock(start, timeZone)
  return date === null || time === null ? '' : ` on ${date} at ${time.slice(0, 5)} (${timeZone})`
}

function extrasOf({ ticketReference, meetingUrl, venue }: Booking): string {
  const extras = [
    venue?.name == null ? null : `At ${venue.name}.`,
    ticketReference === null ? null : `Ticket ${ticketReference}.`,
    meetingUrl === null ? null : `The meeting is at ${meetingUrl}.`,
  ]
  return extras.flatMap((extra) => (extra === null ? [] : [` ${extra}`])).join('')
}

function reasonOf(booking: Booking): string {
  return 'cancellation' in booking ? ` Reason: ${booking.cancellation.reason.replaceAll('_', ' ')}.` : ''
}

function backOf(booking: Booking): string {
  const { refund_amount: amount, refund_status: status } = refundAhead(booking)
  return status === null ? '' : ` ${amount} ${booking.price.currency} is refunded.`
}

function refundOf(booking: Booking, fact: Fact | undefined): string {
  const refund = booking.refunds.find(({ key }) => fact !== undefined && 'key' in fact && key === fact.key)
  return `${amountOf(booking, refund?.amount ?? 0)} ${booking.price.currency}`
}
