import type { Context } from 'hono'
import { matchedRoutes, routePath } from 'hono/route'

/** The pattern of the route that a request is for, without what stands in its path: for metrics and traces, once the request is answered. */
export function routeOf(c: Context): string {
  // Middleware is matched, too, and in part after the route.
  return matchedRoutes(c).findLast(({ path }) => !path.endsWith('*'))?.path ?? routePath(c, -1)
}
