import type { Hono } from 'hono'
import type { Config } from '../../config.ts'
import type { Parts } from '../../runtime/wire.ts'
import { clinicDoor } from './clinic/door.ts'
import type { DoorEnv } from './door.ts'
import { ticketingDoor } from './ticketing/door.ts'
import { tutoringDoor } from './tutoring/door.ts'
import { venueDoor } from './venue/door.ts'

type MakeDoor = (app: Pick<Hono, 'fetch'>, parts: Parts) => Hono<DoorEnv>

/** The doors for clients that were written for other systems' documents (F-01 to F-04), and the variable of each one's own port. */
const DOORS = {
  tutoring: { make: tutoringDoor, port: 'TUTORING_PORT' },
  clinic: { make: clinicDoor, port: 'CLINIC_PORT' },
  ticketing: { make: ticketingDoor, port: 'TICKETING_PORT' },
  venue: { make: venueDoor, port: 'VENUE_PORT' },
} as const satisfies Record<string, { make: MakeDoor; port: keyof Config }>

/** Serves each door under `/doors/<profile>`, with or without a slash at the end; they ask the API through `app` itself, in process. */
export function doorRoutes(app: Hono, parts: Parts): void {
  for (const [name, { make }] of Object.entries(DOORS)) {
    const door = make(app, parts)
    // A request of another method (TRACE) cannot be made anew, and there is nothing for it.
    app.on(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], `/doors/${name}/*`, (c) => {
      const url = new URL(c.req.raw.url)
      url.pathname = url.pathname.slice(`/doors/${name}`.length).replace(/(.)\/$/, '$1')
      return door.fetch(new Request(url, c.req.raw))
    })
  }
}

/** Which doors have a port of their own, where a client of the seed finds its routes at the root. */
export function doorPorts(config: Config): { readonly name: string; readonly port: number }[] {
  return Object.entries(DOORS).flatMap(([name, { port }]) => {
    const at = config[port]
    return at === undefined ? [] : [{ name, port: at }]
  })
}

/** A door at the root of a port of its own: the same app, asked below its prefix. */
export function atRoot(app: Pick<Hono, 'fetch'>, name: string): (request: Request) => Response | Promise<Response> {
  return (request) => {
    const url = new URL(request.url)
    url.pathname = `/doors/${name}${url.pathname}`
    return app.fetch(new Request(url, request))
  }
}
