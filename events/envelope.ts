import type { Message } from 'kafkajs'

/** A row of the outbox on its way to its topic. `id` gives the order, `payload` is JSON as it stands in the database. */
export type Outgoing = {
  readonly id: string
  readonly eventId: string
  readonly bookingId: string
  readonly version: number
  readonly profile: string
  readonly eventType: string
  readonly topic: string
  readonly payload: string
  readonly createdAt: Date
}

/** The message of a row: CloudEvents 1.0 in binary mode, keyed by the booking, so that a booking's messages share a partition (K-01, K-02). */
export function messageOf(row: Outgoing): Message {
  return {
    key: row.bookingId,
    value: row.payload,
    headers: {
      ce_specversion: '1.0',
      ce_id: row.eventId,
      ce_type: row.eventType,
      ce_source: `/holdfast/${row.profile}`,
      ce_subject: row.bookingId,
      // The extension `sequence`: what orders a booking's events across topics, of which each is in order by itself. Compared as text.
      ce_sequence: String(row.version).padStart(10, '0'),
      ce_time: row.createdAt.toISOString(),
      ce_dataschema: `urn:holdfast:schema:${row.profile}:${row.eventType}`,
      'content-type': 'application/json',
    },
  }
}
