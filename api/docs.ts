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

/**
 * The OpenAPI document to browse at /docs (V-08), from files of our own: it works without the internet. Beside it, what leaves on the stream
 * (K-02), as an AsyncAPI document and to browse.
 */
export function docsRoutes(app: Hono): void {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  const events = asyncApiDocument()
  const page = eventsPage(events)
  const setup = readFileSync(new URL('docs-setup.js', import.meta.url), 'utf8')
  app.get('/asyncapi.json', (c) => c.json(events))
  app.get('/docs', (c) => c.html(PAGE))
  app.get('/docs/events', (c) => c.html(page))
  app.get('/docs/setup.js', (c) => c.body(setup, 200, { 'content-type': 'text/javascript' }))
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

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Holdfast API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/setup.js"></script>
</html>`
