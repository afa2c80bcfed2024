import { readFileSync, readdirSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { Hono } from 'hono'
import { etag } from 'hono/etag'
import type { ConsoleEnv } from './session.ts'

const FOLDER = join(import.meta.dirname, 'assets')
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** The style sheet, the icon and the scripts of the console, read once; nothing comes from anywhere else. */
export function assetRoutes(site: Hono<ConsoleEnv>): void {
  const files = new Map(readdirSync(FOLDER).map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')]))
  // Asked about each time, and not sent again: a release is seen at once.
  site.get('/assets/:name', etag(), (c) => {
    const name = c.req.param('name')
    const text = files.get(name)
    if (text === undefined) return c.notFound()
    return c.body(text, 200, { 'content-type': TYPES[extname(name)] ?? 'text/plain', 'cache-control': 'no-cache' })
  })
}
