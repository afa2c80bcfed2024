import { setInterval } from 'node:timers'
import { Client } from 'pg'
import type { Logger } from 'pino'
import type { Outgoing } from './envelope.ts'

/** The bookings are dealt out to this many shards by their id, and the shards to the relays that run. */
export const SHARDS = 16

/** The class of our advisory locks ("Hold"). Keys 0 to 15 are the shards; PRESENCE is shared by every relay that runs. */
const LOCKS = 0x48_6f_6c_64
const PRESENCE = 1000

/** A relay that is stopped but not dead (SIGSTOP, a blocked event loop) loses its shards after this time, because its session is ended. */
const IDLE_SESSION = '15s'
const PULSE_MS = 2000

/** One relay's session with the database: whoever holds a shard's lock reads and marks its rows, over the very connection that holds the lock. */
export type Session = {
  /** Aborted when the connection is lost, and the shards with it. */
  readonly lost: AbortSignal
  /** Takes free shards up to a fair share among the relays that run, gives back what is beyond it, and returns what is held. */
  rebalance(): Promise<readonly number[]>
  /** The oldest rows of the held shards that wait, in order, without those of the topics named. */
  waiting(limit: number, exceptTopics: readonly string[]): Promise<Outgoing[]>
  /** Marks rows as published and returns how many seconds after its commit each was. */
  markPublished(ids: readonly string[]): Promise<number[]>
  /** Puts a row aside that the broker does not take. */
  putAside(id: string, reason: string): Promise<void>
  close(): Promise<void>
}

/** Opens a session; it holds no shard yet. */
export async function openSession(databaseUrl: string, log: Logger): Promise<Session> {
  const client = new Client({
    connectionString: databaseUrl,
    application_name: 'holdfast relay',
    connectionTimeoutMillis: 3000,
    query_timeout: 10_000,
    keepAlive: true,
  })
  const loss = new AbortController()
  const lose = () => loss.abort(new Error('the connection that holds the shards is lost'))
  client.on('error', lose)
  client.on('end', lose)
  await client.connect()
  const held = new Set<number>()
  const pulse = setInterval(() => void client.query('SELECT 1').catch(lose), PULSE_MS)
  const close = async () => {
    clearInterval(pulse)
    await client.end().catch(() => undefined)
  }
  try {
    // The server notices within 11 s that this host is gone without a word.
    await client.query(`SET idle_session_timeout = '${IDLE_SESSION}'; SET statement_timeout = '8s';
      SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3`)
    await client.query('SELECT pg_advisory_lock_shared($1, $2)', [LOCKS, PRESENCE])
  } catch (error) {
    await close()
    throw error
  }

  const isTrue = async (sql: string, shard: number): Promise<boolean> => {
    const { rows } = await client.query<{ done: boolean }>(sql, [LOCKS, shard])
    return rows[0]?.done === true
  }

  return {
    lost: loss.signal,
    close,
    async rebalance() {
      const before = held.size
      const share = Math.ceil(SHARDS / (await countRelays(client)))
      for (const shard of [...held].slice(share)) {
        await isTrue('SELECT pg_advisory_unlock($1, $2) AS done', shard)
        held.delete(shard)
      }
      for (let shard = 0; shard < SHARDS && held.size < share; shard += 1) {
        if (held.has(shard)) continue
        if (await isTrue('SELECT pg_try_advisory_lock($1, $2) AS done', shard)) held.add(shard)
      }
      if (held.size !== before) log.info({ shards: [...held] }, 'the shards of this relay changed')
      return [...held]
    },
    async waiting(limit, exceptTopics) {
      const { rows } = await client.query<Outgoing>({
        name: 'waiting',
        text: `SELECT id, event_id AS "eventId", booking_id AS "bookingId", version, profile, event_type AS "eventType", topic,
            payload::text AS payload, created_at AS "createdAt"
          FROM outbox
          WHERE published_at IS NULL AND refusal IS NULL AND relay_shard(booking_id, ${SHARDS}) = ANY ($1::int[]) AND topic <> ALL ($2::text[])
          ORDER BY id LIMIT $3`,
        values: [[...held], exceptTopics, limit],
      })
      return rows
    },
    async markPublished(ids) {
      const { rows } = await client.query<{ lag: number }>({
        name: 'published',
        text: `UPDATE outbox SET published_at = clock_timestamp() WHERE id = ANY ($1::bigint[]) AND published_at IS NULL
          RETURNING extract(epoch FROM clock_timestamp() - created_at)::float8 AS lag`,
        values: [ids],
      })
      return rows.map(({ lag }) => lag)
    },
    async putAside(id, reason) {
      await client.query('UPDATE outbox SET refusal = $2 WHERE id = $1::bigint AND published_at IS NULL', [id, reason])
    },
  }
}

async function countRelays(client: Client): Promise<number> {
  const { rows } = await client.query<{ relays: number }>(
    `SELECT count(*)::int AS relays FROM pg_locks
     WHERE locktype = 'advisory' AND classid = $1 AND objid = $2 AND objsubid = 2 AND granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [LOCKS, PRESENCE],
  )
  return Math.max(1, rows[0]?.relays ?? 1)
}
