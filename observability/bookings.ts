import { Gauge, type Registry } from 'prom-client'
import type { Database } from '../prisma/client.ts'
import { lookAtBookings, type BookingFigures } from '../prisma/figures.ts'
import { shared } from './shared.ts'

/**
 * Registers what the business wants to know (O-07), asked of the database when somebody scrapes. Every worker says the same: aggregate with `max`.
 * When the database does not answer the gauges keep what they said. No label names a person or a booking.
 */
export function bookingMetrics(registry: Registry, database: Database): void {
  const registers = [registry]
  const look = shared(() => lookAtBookings(database).catch(() => null))
  const gauge = (name: string, help: string, valueOf: (figures: BookingFigures) => number) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        const figures = await look()
        if (figures !== null) this.set(valueOf(figures))
      },
    })

  const labelled = (
    name: string,
    help: string,
    labelNames: string[],
    rowsOf: (figures: BookingFigures) => { readonly labels: Record<string, string>; readonly count: number }[],
  ) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      async collect() {
        const figures = await look()
        if (figures === null) return
        this.reset()
        for (const { labels, count } of rowsOf(figures)) this.set(labels, count)
      },
    })

  labelled('holdfast_bookings', 'Bookings by profile and status.', ['profile', 'status'], (f) =>
    f.byStatus.map(({ profile, status, count }) => ({ labels: { profile, status }, count })),
  )
  labelled('holdfast_bookings_attention', 'Bookings that need a person, by reason.', ['reason'], (f) =>
    f.byAttention.map(({ reason, count }) => ({ labels: { reason }, count })),
  )
  gauge(
    'holdfast_attention_oldest_seconds',
    'How long the longest waiting of them has waited.',
    (f) => f.oldestAttention,
  )
  gauge('holdfast_holds_open', 'Units held and not paid for.', (f) => f.holdsOpen)
  gauge('holdfast_hold_oldest_seconds', 'Age of the oldest hold that is not paid for.', (f) => f.oldestHold)
  gauge('holdfast_refunds_pending', 'Refunds on their way.', (f) => f.refundsPending)
  gauge('holdfast_refunds_failed', 'Refunds that failed and wait for a person.', (f) => f.refundsFailed)
  gauge(
    'holdfast_bookings_overdue',
    'Bookings past their next deadline by more than a minute: nobody is working on them.',
    (f) => f.overdue,
  )
  gauge('holdfast_inbox_waiting', 'Payment facts stored and not yet told to their booking.', (f) => f.inboxWaiting)
  gauge(
    'holdfast_confirm_median_seconds',
    'Median time from hold to confirmation, of the bookings confirmed within the last hour; 0 when there were none.',
    (f) => f.confirmMedian,
  )
  gauge('holdfast_confirm_p95_seconds', 'The 95th percentile of the same.', (f) => f.confirmP95)
}
