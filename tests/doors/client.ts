import { expect } from 'vitest'
import { z } from 'zod'
import { caller, type Answer, type Caller } from '../support/caller.ts'
import type { Outside } from '../support/world.ts'
import type { Door } from './door.ts'

type Role = Parameters<Outside['as']>[0]

/** A client of one door, as somebody; the base URL is all that it knows of Holdfast. What it is answered is as the door's document says. */
export async function atDoor(door: Door, role: Role, sub: string): Promise<Caller> {
  const document = await documentOf(door.url)
  const own = caller(door.url, sub, await tokenOf(door, role, sub))
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
  outside: Outside,
  people: Readonly<Record<string, readonly [Role, string]>>,
): Promise<Record<string, string>> {
  const known = Object.entries(people).map(async ([name, [role, sub]]) => [name, await tokenOf(outside, role, sub)])
  return Object.fromEntries(await Promise.all(known)) as Record<string, string>
}

/** A token of the sandbox's issuer. */
export async function tokenOf({ service }: Outside, role: Role, sub: string): Promise<string> {
  const { body } = await service.post<{ access_token: string }>('/oauth/token', { sub, role })
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
export async function neverAsked(door: Door): Promise<string[]> {
  const { paths, done } = await documentOf(door.url)
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
