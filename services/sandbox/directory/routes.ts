import { Hono, type Context } from 'hono'
import type { Named } from '../faults/strike.ts'
import { pathId, readBody } from '../http/body.ts'
import type { SandboxEnv } from '../http/env.ts'
import { invalid, notFound } from '../http/problem.ts'
import type { Database } from '../store/database.ts'
import { entrySchemas, findEntry, putEntry, type EntryKind } from './entries.ts'

const singular = { users: 'user', tutors: 'tutor', pets: 'pet', clinics: 'clinic', courses: 'course' } as const
const kinds = Object.keys(singular) as EntryKind[]

/** `GET /internal/{users,tutors,pets,clinics,courses}/{id}` [S-06]. */
export function directoryRoutes(db: Database, named: Named): Hono<SandboxEnv> {
  const routes = new Hono<SandboxEnv>()
  for (const kind of kinds) {
    routes.get(`/${kind}/:id`, named('identity', singular[kind]), (c) => {
      const entry = findEntry(db, kind, c.req.param('id'))
      if (entry === undefined) throw notFound(singular[kind])
      return json(c, entry)
    })
  }
  return routes
}

/** `PUT /control/{users,tutors,pets,clinics,courses}/{id}` [S-07]: the whole entry. */
export function directoryControl(db: Database): Hono<SandboxEnv> {
  const routes = new Hono<SandboxEnv>()
  for (const kind of kinds) {
    routes.put(`/${kind}/:id`, async (c) => {
      const id = pathId(c)
      const entry = await readBody(c, entrySchemas[kind])
      if (entry.id !== undefined && entry.id !== id)
        throw invalid({ pointer: '/id', message: 'must be that of the path' })
      return json(c, putEntry(db, kind, id, entry))
    })
  }
  return routes
}

function json(c: Context, body: string): Response {
  return c.body(body, 200, { 'content-type': 'application/json' })
}
