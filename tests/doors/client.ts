import { expect } from 'vitest'
import { z } from 'zod'
import { applyPayment } from '../../events/consumers/payments.ts'
import { caller, type Answer, type Caller } from '../support/caller.ts'
import type { World } from '../support/world.ts'

type Role = Parameters<World['as']>[0]

/** A client of one door, as somebody; the base URL is all that it knows of Holdfast. What it is answered is as the door's document says. */
export async function atDoor(world: World, door: string, role: Role, sub: string): Promise<Caller> {
  const base = `${world.apiUrl}/doors/${door}`
  const document = await documentOf(base)
  const own = caller(base, sub, await tokenOf(world, role, sub))
  const checked = async <Body>(method: string, path: string, answer: Promise<Answer<Body>>) => {
    expectDescribed(document, method, path, await answer)
    return answer
  }
  return {
    id: own.id,
    get: (path, headers) => checked('get', path, own.get(path, headers)),
    post: (path, sent, headers) => checked('post', path, own.post(path, sent, headers)),
    put: (path, sent, headers) => checked('put', path, own.put(path, sent, headers)),
    delete: (path, headers) => checked('delete', path, own.delete(path, headers)),
  }
}

/** A token for each of some people, by the name that a client has for them. */
export async function tokens(
  world: World,
  people: Readonly<Record<string, readonly [Role, string]>>,
): Promise<Record<string, string>> {
  const known = Object.entries(people).map(async ([name, [role, sub]]) => [name, await tokenOf(world, role, sub)])
  return Object.fromEntries(await Promise.all(known)) as Record<string, string>
}

async function tokenOf(world: World, role: Role, sub: string): Promise<string> {
  const { body } = await world.service.post<{ access_token: string }>('/oauth/token', { sub, role })
  return body.access_token
}

type Response = { readonly content: { readonly 'application/json': { readonly schema: object } } }
type Described = {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Response>> }>>>
  >
  /** The routes that were asked, and did what they were asked for. */
  readonly done: Set<string>
}

const documents = new Map<string, Described>()

async function documentOf(base: string): Promise<Described> {
  const known = documents.get(base)
  if (known !== undefined) return known
  const { paths } = (await (await fetch(`${base}/openapi.json`)).json()) as Pick<Described, 'paths'>
  const made = { paths, done: new Set<string>() }
  documents.set(base, made)
  return made
}

/** The answer fits the schema that the document has for its route and status; the document has all routes, so any other is a 404. */
function expectDescribed({ paths, done }: Described, method: string, asked: string, { status, body }: Answer<unknown>) {
  const segments = asked
    .replace(/\?.*$/, '')
    .replace(/(.)\/$/, '$1')
    .split('/')
  const fits = (path: string) => {
    const parts = path.split('/')
    return parts.length === segments.length && parts.every((part, n) => part.startsWith('{') || part === segments[n])
  }
  // A path without parameters goes before one with them, as in the router.
  const path = Object.keys(paths)
    .filter(fits)
    .toSorted((a, b) => a.split('{').length - b.split('{').length)
    .find((candidate) => paths[candidate]?.[method] !== undefined)
  const responses = path === undefined ? undefined : paths[path]?.[method]?.responses
  if (responses === undefined) {
    expect({ asked: `${method} ${asked}`, status }).toMatchObject({ status: 404 })
    return
  }
  const schema = (responses[status] ?? responses['default'])!.content['application/json'].schema
  const read = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(body)
  expect(read.error?.issues ?? [], `${method} ${asked} is not as described: ${status} ${JSON.stringify(body)}`).toEqual(
    [],
  )
  if (responses[status] !== undefined) done.add(`${method.toUpperCase()} ${path}`)
}

/** The routes of a door's document that nobody got anything from yet. */
export async function neverAsked(world: World, door: string): Promise<string[]> {
  const { paths, done } = await documentOf(`${world.apiUrl}/doors/${door}`)
  return Object.entries(paths)
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
    .filter((route) => !done.has(route))
}

/** The answer of a call, checked against the seed's own model: a field too many or too few fails. */
export async function expecting<Schema extends z.ZodType>(
  status: number,
  schema: Schema,
  answer: Promise<{ status: number; body: unknown }>,
): Promise<z.infer<Schema>> {
  const { status: given, body } = await answer
  expect(given, JSON.stringify(body)).toBe(status)
  const read = schema.safeParse(body)
  expect(read.error?.issues ?? [], JSON.stringify(body)).toEqual([])
  return read.data!
}

/** What left for the stream about a booking, in order: event type and payload, as readers of its topics get them. */
export async function toldOf(world: World, bookingId: string): Promise<{ type: string; payload: unknown }[]> {
  const rows = await world.parts.database.outboxMessage.findMany({ where: { bookingId }, orderBy: { id: 'asc' } })
  return rows.map(({ eventType, payload }) => ({ type: eventType, payload }))
}

/** A reader of a topic with the seed's own event classes: it reads those that it knows, strictly, and passes over the others. */
export function readAs(
  classes: Readonly<Record<string, z.ZodType>>,
  told: readonly { type: string; payload: unknown }[],
): { type: string; payload: unknown }[] {
  return told.flatMap(({ type, payload }) => {
    const known = classes[type]
    if (known === undefined) return []
    const read = known.safeParse(payload)
    expect(read.error?.issues ?? [], `${type} ${JSON.stringify(payload)}`).toEqual([])
    return [{ type, payload: read.data }]
  })
}

/** Another service's message on a topic, taken as the consumers take it (tests/stream has them on a broker). Throws what puts it off. */
export async function told(world: World, topic: string, value: object): Promise<string | null> {
  const sentAt = new Date()
  return applyPayment(world.parts, {
    id: 1n,
    topic,
    partition: 0,
    offset: '0',
    key: null,
    value: Buffer.from(JSON.stringify(value)),
    headers: {},
    sentAt,
    receivedAt: sentAt,
    attempts: 1,
  })
}
