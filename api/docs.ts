import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Hono } from 'hono'
import { asyncApiDocument } from '../events/asyncapi.ts'
import { eventsPage } from './events-page.ts'

const FILES: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
}

const SETUP = readFileSync(new URL('docs-setup.js', import.meta.url), 'utf8')

/**
 * The OpenAPI document to browse at /docs (V-08), from files of our own: it works without the internet. Beside it, what leaves on the stream
 * (K-02), as an AsyncAPI document and to browse.
 */
export function docsRoutes(app: Hono): void {
  const events = asyncApiDocument()
  const page = eventsPage(events)
  app.get('/asyncapi.json', (c) => c.json(events))
  app.get('/docs/events', (c) => c.html(page))
  swaggerPage(app, ['/docs'], 'Holdfast API')
}

/** Serves the OpenAPI document beside it, `openapi.json`, to browse at each of the paths; its files are below `docs/`. */
export function swaggerPage<Env extends object>(app: Hono<Env>, paths: readonly string[], title: string): void {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  for (const path of paths) app.get(path, (c) => c.html(pageOf(title)))
  app.get('/docs/setup.js', (c) => c.body(SETUP, 200, { 'content-type': 'text/javascript' }))
  app.get('/docs/:file', async (c) => {
    const file = c.req.param('file')
    const type = FILES[file]
    if (type === undefined) return c.notFound()
    return c.body(await readFile(join(folder, file), 'utf8'), 200, {
      'content-type': type,
      'cache-control': 'public, max-age=86400',
    })
  })
}

// Relative, because a door has its page below its own prefix, or at the root of its own port.
const pageOf = (title: string) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
<div id="ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/setup.js"></script>
</html>`
