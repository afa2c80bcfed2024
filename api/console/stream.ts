import type { Hono } from 'hono'
import { segment } from './ask.ts'
import type { ConsoleEnv } from './session.ts'

/**
 * What happens to a booking, for the pages' own scripts: the API's stream (A-15), asked with the session's token, because an EventSource cannot send
 * one. The names of the events are left out: a script that listens to all of them would have to know each.
 */
export function streamRoutes(site: Hono<ConsoleEnv>): void {
  site.get('/bookings/:id/events', async (c) => {
    const query = c.req.query('last_event_id')
    const header = c.req.header('last-event-id')
    const path = `/bookings/${segment(c.req.param('id'))}/events${query === undefined ? '' : `?last_event_id=${encodeURIComponent(query)}`}`
    const response = await c.get('ask').open(path, header === undefined ? {} : { 'last-event-id': header })
    if (!response.ok || response.body === null) return response
    const unnamed = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(withoutNames())
    return new Response(unnamed.pipeThrough(whileIn(c.get('stillIn'))).pipeThrough(new TextEncoderStream()), response)
  })
}

/** Ends the stream of a session that is over (N-56); asked at most once in so long, when there is something to pass on, as every heartbeat is. */
const ASKED_AGAIN_MS = 2000

function whileIn(stillIn: () => Promise<boolean>): TransformStream<string, string> {
  let askedAt = Date.now()
  return new TransformStream({
    async transform(chunk, controller) {
      if (Date.now() - askedAt >= ASKED_AGAIN_MS) {
        askedAt = Date.now()
        if (!(await stillIn())) return controller.terminate()
      }
      controller.enqueue(chunk)
    },
  })
}

/** Leaves out the lines that name an event; a line may come in pieces. */
function withoutNames(): TransformStream<string, string> {
  let rest = ''
  return new TransformStream({
    transform(chunk, controller) {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      const kept = lines.filter((line) => !line.startsWith('event:'))
      if (kept.length > 0) controller.enqueue(`${kept.join('\n')}\n`)
    },
  })
}
