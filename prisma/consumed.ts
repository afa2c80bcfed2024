import type { Database } from './client.ts'

/** A header as it came: values are bytes, in base64, and a name may stand more than once. */
export type StoredHeaders = Readonly<Record<string, readonly string[]>>

/** A message as it came from a topic. */
export type IncomingMessage = {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly sentAt: Date
  /** Messages of one lane are processed one after the other, in the order of their offsets. */
  readonly lane: string
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: StoredHeaders
}

/** A message that was taken on; `attempts` counts the try it was claimed for. */
export type ConsumedMessage = Omit<IncomingMessage, 'lane'> & {
  readonly id: bigint
  readonly attempts: number
  readonly receivedAt: Date
}

type MessageRow = {
  id: bigint
  topic: string
  partition: number
  position: bigint
  sent_at: Date
  key: Uint8Array | null
  value: Uint8Array | null
  headers: Uint8Array
  attempts: number
  received_at: Date
}

/**
 * Stores messages, before their offsets are committed. One that waits here already is left alone. The time is part of what a message is known by:
 * a topic that was made anew counts its offsets from nothing.
 */
export async function storeMessages(db: Database, messages: readonly IncomingMessage[]): Promise<void> {
  const rows = messages.map(({ offset, sentAt, key, value, headers, ...message }) => ({
    ...message,
    position: offset,
    sent_at: sentAt.toISOString(),
    key: inBase64(key),
    value: inBase64(value),
    // As bytes, like the rest of what others wrote: PostgreSQL's JSON has no room for every character that a header's name may have.
    headers: inBase64(Buffer.from(JSON.stringify(headers))),
  }))
  await db.$executeRaw`
    INSERT INTO consumed_messages (topic, partition, position, sent_at, lane, key, value, headers)
    SELECT topic, partition, position, sent_at, lane, decode(key, 'base64'), decode(value, 'base64'), decode(headers, 'base64')
    FROM json_to_recordset(${JSON.stringify(rows)}::json) AS m (
      topic text, partition int, position bigint, sent_at timestamptz, lane text, key text, value text, headers text)
    ON CONFLICT (topic, partition, position, sent_at) DO NOTHING`
}

/**
 * Claims up to `limit` messages that are due, each the first of its lane, so that a message that waits holds up its own lane and no other. Each is
 * put off for a minute while its claimant works, and comes back by itself when that one dies.
 */
export async function claimMessages(db: Database, limit: number): Promise<ConsumedMessage[]> {
  const rows = await db.$queryRaw<MessageRow[]>`
    UPDATE consumed_messages SET attempts = attempts + 1, next_try_at = now() + interval '1 minute'
    WHERE id IN (
      SELECT m.id FROM consumed_messages m
      WHERE m.next_try_at <= now()
        AND NOT EXISTS (SELECT FROM consumed_messages earlier WHERE earlier.lane = m.lane AND earlier.position < m.position)
      ORDER BY m.next_try_at, m.id LIMIT ${limit}::int FOR UPDATE SKIP LOCKED)
    RETURNING id, topic, partition, position, sent_at, key, value, headers, attempts, received_at`
  return rows.map(({ position, sent_at: sentAt, received_at: receivedAt, headers, ...row }) => ({
    ...row,
    headers: JSON.parse(Buffer.from(headers).toString('utf8')) as StoredHeaders,
    offset: String(position),
    sentAt,
    receivedAt,
  }))
}

/** Puts off the next try of a message. */
export async function putOffMessage(db: Database, id: bigint, milliseconds: number, error: string): Promise<void> {
  await db.$executeRaw`
    UPDATE consumed_messages SET last_error = ${error.slice(0, 500)}, next_try_at = now() + make_interval(secs => ${milliseconds / 1000}::float)
    WHERE id = ${id}`
}

/** Forgets a message that is done. */
export async function removeMessage(db: Database, id: bigint): Promise<void> {
  await db.$executeRaw`DELETE FROM consumed_messages WHERE id = ${id}`
}

/** How many messages wait. */
export function countMessages(db: Database): Promise<number> {
  return db.consumedMessage.count()
}

/** Are there so many messages that could be processed now? Those behind one that waits do not count: their lane must not hold up the others. */
export async function hasDueMessages(db: Database, many: number): Promise<boolean> {
  const [row] = await db.$queryRaw<[{ due: number }]>`
    SELECT count(*)::int AS due FROM (
      SELECT FROM consumed_messages m
      WHERE m.next_try_at <= now()
        AND NOT EXISTS (SELECT FROM consumed_messages earlier WHERE earlier.lane = m.lane AND earlier.position < m.position)
      LIMIT ${many}::int) AS heads`
  return row.due >= many
}

function inBase64(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('base64')
}
