import type { IncomingMessage } from 'node:http'
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { faultyTexts } from '../domain/text.ts'
import { Refused } from '../domain/failures.ts'
import type { Variables } from './auth.ts'
import { isUpload } from './limits.ts'
import { invalid } from './problems.ts'

/** What comes in is looked at once, here, before any route: whole characters (N-54), and no parameter that nobody reads (N-50). */

/** Bytes as text. Throws `malformed` for what is not UTF-8: the runtime would put U+FFFD there without a word. */
export function utf8(bytes: ArrayBuffer | Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Refused({ code: 'malformed', message: `${what} is not UTF-8.` })
  }
}

/** A request's address is ASCII, and what is percent-encoded in it is UTF-8. Throws `malformed`. */
export const addressOfText: MiddlewareHandler = async (c, next) => {
  const address = addressOf(c)
  let isReadable = /^[\x21-\x7e]*$/.test(address)
  try {
    decodeURIComponent(address)
  } catch {
    isReadable = false
  }
  if (!isReadable) {
    throw new Refused({ code: 'malformed', message: 'The address is not percent-encoded UTF-8.' })
  }
  await next()
}

/** The address as it came over the wire; a URL made of it has forgotten which bytes it was. In process there is only the URL. */
function addressOf(c: Context): string {
  const { incoming } = (c.env ?? {}) as { readonly incoming?: IncomingMessage }
  return incoming?.url ?? c.req.url
}

/** A JSON body is text throughout, decided after it is parsed: `"\\u0000"` is the text of a backslash and a number. */
export const bodyOfText: MiddlewareHandler = async (c, next) => {
  if (isUpload(c) || (c.req.method !== 'POST' && c.req.method !== 'PUT')) return next()
  const faults = faultyTexts(parsed(utf8(await c.req.arrayBuffer(), 'The body')))
  if (faults.length > 0) throw invalid(...faults)
  await next()
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Refused({ code: 'malformed', message: 'The body is not JSON.' })
  }
}

/** Refuses what a route's description does not name in its query: a filter that nobody reads would answer with everything. */
export function knownParameters(api: OpenAPIHono<{ Variables: Variables }>): MiddlewareHandler {
  let known: ReadonlyMap<string, ReadonlySet<string>> | undefined
  return async (c, next) => {
    const given = c.req.queries()
    if (Object.keys(given).length > 0) {
      known ??= namesByRoute(api)
      const names = known.get(`${methodOf(c)} ${patternOf(c)}`)
      if (names !== undefined) refuseParameters(given, names)
    }
    await next()
  }
}

/** Refuses any query: for routes that read none. */
export const noParameters: MiddlewareHandler = async (c, next) => {
  refuseParameters(c.req.queries(), new Set())
  await next()
}

function refuseParameters(given: Record<string, string[]>, names: ReadonlySet<string>): void {
  const unknown = Object.keys(given).filter((name) => !names.has(name))
  const faults = [
    ...unknown.map((name) => ({
      pointer: faultyTexts(name).length > 0 ? '/' : `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      message: 'is not a parameter of this request',
    })),
    ...(unknown.length > 0 ? [] : faultyTexts(given)),
  ]
  if (faults.length > 0) throw invalid(...faults)
}

function namesByRoute(api: OpenAPIHono<{ Variables: Variables }>): Map<string, Set<string>> {
  const routes = new Map<string, Set<string>>()
  for (const definition of api.openAPIRegistry.definitions) {
    if (definition.type !== 'route') continue
    const { method, path, request } = definition.route
    const query: unknown = request?.query
    const shape = typeof query === 'object' && query !== null && 'shape' in query ? Object(query.shape) : {}
    routes.set(`${method} ${path.replaceAll(/\{([^}]+)\}/g, ':$1')}`, new Set(Object.keys(shape)))
  }
  return routes
}

function methodOf(c: Context): string {
  return c.req.method === 'HEAD' ? 'get' : c.req.method.toLowerCase()
}

/** The pattern of the route that will answer: the first that is not middleware, without the prefix of the API. */
function patternOf(c: Context): string {
  const path = matchedRoutes(c).find((route) => !route.path.endsWith('*'))?.path ?? ''
  return path.replace(/^\/api\/v1/, '')
}
