import { gunzipSync } from 'node:zlib'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { describe, expect, test } from 'vitest'
import { compressed } from '../../api/compression.ts'

const LONG = 'seat '.repeat(1000)
const HUGE = 'seat '.repeat(100_000)

const app = new Hono()
app.use(compressed)
app.get('/text/:length', (c) => c.text('x'.repeat(Number(c.req.param('length')))))
app.get('/json', (c) => c.json({ text: LONG }, 200, { etag: '"3"' }))
app.get('/huge', (c) => c.json({ text: HUGE }))
app.get('/problem', (c) => c.body(JSON.stringify({ text: LONG }), 404, { 'content-type': 'application/problem+json' }))
app.get('/file', (c) => c.body(LONG, 200, { 'content-type': 'application/octet-stream' }))
app.get('/packed', (c) => c.body(LONG, 200, { 'content-type': 'text/plain', 'content-encoding': 'br' }))
app.get('/as-it-is', (c) => c.body(LONG, 200, { 'content-type': 'text/plain', 'cache-control': 'no-transform' }))
app.get('/stream', (c) => streamSSE(c, (stream) => stream.writeSSE({ data: LONG })))
app.get('/open-stream', (c) =>
  streamSSE(c, async (stream) => {
    await stream.writeSSE({ data: 'the first event' })
    await new Promise((resolve) => c.req.raw.signal.addEventListener('abort', resolve))
  }),
)
app.get('/nothing', (c) => c.body(null, 204))
app.post('/json', (c) => c.json({ text: LONG }, 201))

const get = (path: string, encoding: string | null = 'gzip, deflate, br', method = 'GET') =>
  app.request(path, { method, headers: encoding === null ? {} : { 'accept-encoding': encoding } })

describe('an answer', () => {
  test.each(['/json', '/huge', '/problem', '/text/1024'])(
    'V-08 %s is packed for who takes it, and is the same',
    async (path) => {
      const [plain, answer] = [await get(path, null), await get(path)]
      expect(answer.headers.get('content-encoding')).toBe('gzip')
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        plain.status,
        plain.headers.get('content-type'),
      ])
      const bytes = Buffer.from(await answer.arrayBuffer())
      const text = await plain.text()
      expect(bytes.length).toBeLessThan(text.length / 5)
      expect(gunzipSync(bytes).toString()).toBe(text)
      expect([plain, answer].map(({ headers }) => headers.get('vary'))).toEqual(['accept-encoding', 'accept-encoding'])
    },
  )

  test('A-02 keeps its version', async () => {
    expect((await get('/json')).headers.get('etag')).toBe('"3"')
  })

  test.each([
    ['a short one', '/text/1023', 'GET'],
    ['a file', '/file', 'GET'],
    ['one that is packed', '/packed', 'GET'],
    ['one that may not be touched', '/as-it-is', 'GET'],
    ['a stream of events', '/stream', 'GET'],
    ['one without a body', '/nothing', 'GET'],
    ['one to a change', '/json', 'POST'],
  ])('V-08 %s is left as it is', async (_, path, method) => {
    const [plain, answer] = [await get(path, null, method), await get(path, 'gzip', method)]
    expect(answer.headers.get('content-encoding')).toBe(plain.headers.get('content-encoding'))
    expect(await answer.text()).toBe(await plain.text())
  })

  test('A-15 a stream that stays open is not held back: what was written is there', async () => {
    const ending = new AbortController()
    const request = new Request('http://x/open-stream', {
      headers: { 'accept-encoding': 'gzip' },
      signal: ending.signal,
    })
    const answer = await app.request(request)
    const reader = answer.body!.getReader()
    const { value } = (await reader.read()) as { value?: Uint8Array }
    expect(Buffer.from(value ?? []).toString()).toBe('data: the first event\n\n')
    ending.abort()
    await reader.cancel()
  })

  test.each([
    ['gzip', true],
    ['br, gzip', true],
    ['gzip;q=0.5, br', true],
    ['*', true],
    ['gzip;q=0', false],
    ['gzip;q=0.0, br', false],
    ['br', false],
    ['x-gzip-not', false],
    ['', false],
  ])('V-08 for “%s” is packed: %s', async (encoding, isPacked) => {
    expect((await get('/json', encoding)).headers.has('content-encoding')).toBe(isPacked)
  })
})
