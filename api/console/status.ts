import { html } from 'hono/html'
import type { Status } from '../../domain/lifecycle.ts'
import type { BookingBody } from '../schemas/booking.ts'
import type { Html } from './page.ts'

const LABELS: Readonly<Record<Status, { readonly label: string; readonly tone: 'good' | 'warn' | 'bad' | 'plain' }>> = {
  pending: { label: 'held', tone: 'warn' },
  awaiting_approval: { label: 'waiting for approval', tone: 'warn' },
  confirmed: { label: 'confirmed', tone: 'good' },
  checked_in: { label: 'checked in', tone: 'good' },
  in_progress: { label: 'under way', tone: 'good' },
  completed: { label: 'completed', tone: 'good' },
  no_show: { label: 'did not come', tone: 'bad' },
  cancelled: { label: 'cancelled', tone: 'bad' },
  refunded: { label: 'refunded', tone: 'plain' },
  expired: { label: 'expired', tone: 'bad' },
}

/** A status in a word or two, coloured; the colour says nothing that the word does not. */
export function statusChip({ status }: Pick<BookingBody, 'status'>): Html {
  const { label, tone } = LABELS[status]
  return html`<span class="status" data-tone="${tone}">${label}</span>`
}

/** The same as a sentence, to be read out when it changes. */
export function statusLabel({ status, payment }: Pick<BookingBody, 'status' | 'payment'>): string {
  const paying = status === 'pending' && payment?.status === 'processing' ? ', the payment is under way' : ''
  const declined = payment?.status === 'failed' ? ', the payment was declined' : ''
  return `The booking is ${LABELS[status].label}${paying}${declined}.`
}
