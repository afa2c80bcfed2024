import { html } from 'hono/html'
import type { Status } from '../../domain/lifecycle.ts'
import type { BookingBody } from '../schemas/booking.ts'
import type { Html } from './page.ts'

const WORDS: Readonly<Record<Status, { readonly words: string; readonly tone: 'good' | 'warn' | 'bad' | 'plain' }>> = {
  pending: { words: 'held', tone: 'warn' },
  awaiting_approval: { words: 'waiting for approval', tone: 'warn' },
  confirmed: { words: 'confirmed', tone: 'good' },
  checked_in: { words: 'checked in', tone: 'good' },
  in_progress: { words: 'under way', tone: 'good' },
  completed: { words: 'completed', tone: 'good' },
  no_show: { words: 'did not come', tone: 'bad' },
  cancelled: { words: 'cancelled', tone: 'bad' },
  refunded: { words: 'refunded', tone: 'plain' },
  expired: { words: 'expired', tone: 'bad' },
}

/** A status in a word or two, coloured; the colour says nothing that the word does not. */
export function statusChip({ status }: Pick<BookingBody, 'status'>): Html {
  const { words, tone } = WORDS[status]
  return html`<span class="status" data-tone="${tone}">${words}</span>`
}

/** The same as a sentence, to be read out when it changes. */
export function statusWords({ status, payment }: Pick<BookingBody, 'status' | 'payment'>): string {
  const paying = status === 'pending' && payment?.status === 'processing' ? ', the payment is under way' : ''
  const declined = payment?.status === 'failed' ? ', the payment was declined' : ''
  return `The booking is ${WORDS[status].words}${paying}${declined}.`
}
