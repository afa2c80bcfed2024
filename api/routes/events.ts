import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { streamSSE, type SSEStreamingApi } from 'hono/streaming'
import { Refused } from '../../domain/failures.ts'
import { readFeed, versionsOf, type FeedEntry, type FeedPosition } from '../../prisma/feed.ts'
import type { Parts } from '../../runtime/wire.ts'
import type { Variables } from '../auth.ts'
import { about, answers, problems } from '../documented.ts'
import { invalid } from '../problems.ts'
import { Uuid } from '../schemas/common.ts'
import { visibleBooking } from '../visibility.ts'
import { Watch } from '../watch.ts'

const route = createRoute({
  method: 'get',
  path: '/bookings/{id}/events',
  ...about(
    'History',
    'streamEvents',
    'Follow a booking as it changes, by server-sent events',
    'The stream begins with the first change, or after `Last-Event-ID`, and stays open. When it ends, come back with the id of the last event that you saw. A browser’s `EventSource` cannot send a token: use `fetch`.',
  ),
  request: {
    params: z.object({ id: Uuid }),
    query: z.object({
      last_event_id: z.string().max(200).optional().openapi({ description: 'for those who cannot send the header' }),
    }),
    headers: z.object({ 'last-event-id': z.string().optional() }),
  },
  responses: {
    ...answers(
      200,
      'every fact with its version as the id, each followed by the messages others were told it with (`<version>.<type>`); comments while nothing happens',
      z.string(),
      'text/event-stream',
    ),
    ...problems(404, 422),
  },
})

/** At most so many open streams in one process, whoever reads them. */
const MAX_STREAMS = 2000
/** So many facts are read at once: a booking's whole life is a few dozen. */
const BATCH = 100
/** After a stream has ended its reader comes back after this long; after it was told to stop, what is being written has so long to be over. */
const RETRY_MS = 1000
const LAST_WRITE_MS = 2000

/**
 * A stream stays open when the booking is at rest, because a late payment or a command may wake it; it ends when its reader leaves, when the
 * process stops, its token ends, or after `EVENT_STREAM_SECONDS`, and then the reader comes back by itself and goes on where it was, at any replica.
 */
export function eventRoutes(
  app: OpenAPIHono<{ Variables: Variables }>,
  { database, config, log }: Parts,
  stopping: AbortSignal,
): void {
  const watch = new Watch(
    (ids) => versionsOf(database, ids),
    (error) => log.warn({ err: error }, 'the bookings that are being watched could not be looked at'),
  )
  const open = new Map<string, number>()

  app.openapi(route, async (c) => {
    const { id } = c.req.valid('param')
    const caller = c.get('principal')
    const from = positionOf(c.req.header('last-event-id') ?? c.req.valid('query').last_event_id)
    const { version } = await visibleBooking(database, caller, id)
    if (from.version > version) throw invalid({ pointer: '/last-event-id', message: 'has not happened yet' })
    refuseTooMany(open, caller.id, config.EVENT_STREAMS_PER_CALLER)

    open.set(caller.id, (open.get(caller.id) ?? 0) + 1)
    c.header('x-accel-buffering', 'no')
    const response = streamSSE(c, async (stream) => {
      const ending = new AbortController()
      let cutOff: NodeJS.Timeout | undefined
      const end = () => {
        ending.abort()
        // A reader that neither reads nor leaves would hold up the last line for ever.
        cutOff ??= setTimeout(() => stream.abort(), LAST_WRITE_MS)
      }
      stream.onAbort(end)
      c.req.raw.signal.addEventListener('abort', end)
      stopping.addEventListener('abort', end)
      if (stopping.aborted) end()
      // Whoever may not ask any more is told nothing more (N-53).
      const lasts = Math.min(config.EVENT_STREAM_SECONDS * 1000, caller.endsAt - Date.now())
      const lifetime = setTimeout(end, lasts)
      const heart = heartbeat(stream, config.EVENT_STREAM_HEARTBEAT_SECONDS)
      try {
        await stream.write(`retry: ${RETRY_MS}\n\n`)
        await follow(stream, ending.signal, from)
      } catch (error) {
        // What was sent was sent; the reader comes back and goes on after it.
        log.warn({ err: error, booking: id }, 'a stream of events was cut off')
      } finally {
        clearInterval(heart)
        clearTimeout(lifetime)
        clearTimeout(cutOff)
        stopping.removeEventListener('abort', end)
        const others = (open.get(caller.id) ?? 1) - 1
        if (others === 0) open.delete(caller.id)
        else open.set(caller.id, others)
      }
    })
    // Nobody uses its connection again, and a process that stops does not wait for that.
    response.headers.set('connection', 'close')
    return response

    async function follow(stream: SSEStreamingApi, signal: AbortSignal, start: FeedPosition): Promise<void> {
      let position = start
      while (!signal.aborted) {
        const entries = await readFeed(database, id, position, BATCH)
        for (const entry of entries) {
          if (signal.aborted) return
          await stream.writeSSE(eventOf(entry))
          position = entry.position
        }
        if (entries.length === 0) await watch.changed(id, position.version, signal)
      }
    }
  })
}

/** Reads the id of the last event that was seen; without one, from the beginning. Throws `validation_failed`. */
function positionOf(lastEventId: string | undefined): FeedPosition {
  if (lastEventId === undefined || lastEventId === '') return { version: 0, type: '' }
  const [, version, type = ''] = /^(\d{1,9})(?:\.([\w.]{1,100}))?$/.exec(lastEventId) ?? []
  if (version === undefined) throw invalid({ pointer: '/last-event-id', message: 'is not the id of an event of ours' })
  return { version: Number(version), type }
}

function idOf({ version, type }: FeedPosition): string {
  return type === '' ? String(version) : `${version}.${type}`
}

function eventOf(entry: FeedEntry) {
  const id = idOf(entry.position)
  return 'fact' in entry
    ? { id, event: entry.fact.action, data: JSON.stringify(entry.fact) }
    : { id, event: entry.message.type, data: JSON.stringify(entry.message) }
}

/** A comment now and then keeps proxies from taking a quiet stream for a dead one. */
function heartbeat(stream: SSEStreamingApi, seconds: number): NodeJS.Timeout {
  let isWriting = false
  return setInterval(() => {
    if (isWriting) return
    isWriting = true
    void stream.write(': \n\n').finally(() => {
      isWriting = false
    })
  }, seconds * 1000)
}

function refuseTooMany(open: ReadonlyMap<string, number>, caller: string, perCaller: number): void {
  if ((open.get(caller) ?? 0) >= perCaller) {
    throw new Refused({
      code: 'rate_limited',
      message: `You have ${perCaller} streams open already; close one first.`,
      details: { retry_after: 5 },
    })
  }
  const all = [...open.values()].reduce((total, count) => total + count, 0)
  if (all >= MAX_STREAMS) {
    throw new Refused({ code: 'unavailable', message: 'Too many streams are open here at this moment.' })
  }
}
