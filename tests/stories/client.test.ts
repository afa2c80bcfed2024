import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type * as Client from '../../clients/typescript/src/index.ts'
import { programOf } from '../../stack/checks.ts'
import { checkout } from '../../stack/launcher/cache.mjs'
import { npm } from '../../stack/launcher/npm.mjs'
import { runTool } from '../../stack/launcher/tool.mjs'
import { tokenFor } from '../../stack/sandbox-token.ts'
import { bankStatement, pays, unique } from './cast.ts'

const PACKAGE = join(checkout, 'clients', 'typescript')
const EXAMPLE = { profile: 'course', items: [{ offering_id: 'demo-course' }] } as const

let home: string
let client: typeof Client
let ada: Client.Holdfast
let asked: Request[] = []
/** What happens to the next requests before anybody sees them. */
let trouble: (() => Response)[] = []

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'holdfast-client-'))
  await installed()
  const entry = createRequire(join(home, 'app', 'index.js')).resolve('@holdfast/client')
  client = (await import(pathToFileURL(entry).href)) as typeof Client
  const { api, sandbox } = inject('stack')
  const token = await tokenFor(sandbox, { role: 'customer', sub: unique('ada') })
  const flaky: typeof fetch = async (input, init) => {
    asked.push(new Request(input, init))
    const happens = trouble.shift()
    return happens === undefined ? fetch(input, init) : happens()
  }
  ada = client.createClient({ url: api, token: () => token, fetch: flaky })
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

/** As somebody gets it: packed, and installed from the pack into a program of their own. */
async function installed(): Promise<void> {
  const built = join(home, 'package')
  cpSync(PACKAGE, built, { recursive: true, filter: (path) => !path.endsWith('dist') })
  await runTool(process.execPath, [programOf('typescript:tsc'), '-p', built])
  await npm(['pack', '--ignore-scripts', '--pack-destination', home], { cwd: built })
  const { name, version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as Record<string, string>
  const app = join(home, 'app')
  cpSync(join(PACKAGE, 'tsconfig.json'), join(app, 'tsconfig.json'))
  writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }))
  const pack = `${name?.replace('@', '').replace('/', '-')}-${version}.tgz`
  await npm(['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', join(home, pack)], { cwd: app })
}

describe('the client, packed and installed', () => {
  test('V-08 types what is sent and what comes back, and refuses what the API has not', async () => {
    const app = join(home, 'app', 'src')
    const lines = [
      "import { createClient, type Booking } from '@holdfast/client'",
      "const client = createClient({ url: 'http://localhost:3000', token: 'x' })",
      "const booking: Booking = await client.createBooking({ body: { profile: 'course', items: [{ offering_id: 'demo-course' }] } })",
      'export const due: number | undefined = booking.payment?.amount',
      '// @ts-expect-error there is no such status',
      "export const isLost = booking.status === 'lost'",
      '// @ts-expect-error a table needs a party',
      "await client.createBooking({ body: { profile: 'venue', items: [{ offering_id: 'demo-dinner' }] } })",
      "for await (const { reference } of client.all('listBookings')) reference.toUpperCase()",
    ]
    mkdirSync(app)
    writeFileSync(join(app, 'index.ts'), lines.join('\n'))
    expect(await runTool(process.execPath, [programOf('typescript:tsc'), '-p', join(home, 'app'), '--noEmit'])).toBe('')
  })

  test('V-08 A-02 books, waits, reads page by page and cancels: the story of the README', async () => {
    const booking = await ada.createBooking({ body: EXAMPLE })
    expect(booking).toMatchObject({ status: 'pending', amount: 9900, waiting_for: 'payment' })
    await pays(booking)
    const confirmed = await ada.waitFor(booking.id, ({ status }) => status === 'confirmed')
    expect(confirmed.payment).toMatchObject({ status: 'succeeded', amount: 9900 })

    const more = await ada.createBooking({ body: EXAMPLE })
    const all: string[] = []
    for await (const { id } of ada.all('listBookings', { limit: 1 })) all.push(id)
    expect(all.toSorted()).toEqual([booking.id, more.id].toSorted())

    const cancelled = await ada.cancelBooking({ id: booking.id, body: { reason: 'ill' } })
    expect(cancelled).toMatchObject({ status: 'cancelled', refund: { amount: 9900 } })
    await ada.waitFor(booking.id, ({ refund }) => refund?.status === 'completed')
    expect(await bankStatement(booking)).toEqual({ taken: 9900, given: 9900 })
  })

  test('A-32 says in a typed problem what was refused, and where', async () => {
    const body = { profile: 'course', items: [{ offering_id: 'nothing' }] } as const
    const refusal: unknown = await ada.createBooking({ body }).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(client.HoldfastProblem)
    expect(refusal).toMatchObject({
      code: 'validation_failed',
      status: 422,
      errors: [{ pointer: '/items/0/offering_id' }],
    })
    const absent: unknown = await ada.getBooking({ id: crypto.randomUUID() }).catch((error: unknown) => error)
    expect(absent).toMatchObject({ code: 'not_found', status: 404 })
  })

  test('A-30 tries again under the same key what nobody answered, and what was not possible then', async () => {
    const busy = { type: 'x', title: 'x', status: 503, code: 'unavailable', detail: 'x' }
    asked = []
    trouble = [
      () => {
        throw new TypeError('the network is away')
      },
      () =>
        Response.json(busy, {
          status: 503,
          headers: { 'content-type': 'application/problem+json', 'retry-after': '1' },
        }),
    ]
    const booking = await ada.createBooking({ body: EXAMPLE })
    expect(asked).toHaveLength(3)
    const keys = asked.map(({ headers }) => headers.get('idempotency-key'))
    expect(new Set(keys).size).toBe(1)
    expect(await ada.createBooking({ body: EXAMPLE }, { idempotencyKey: keys[0]! })).toMatchObject({ id: booking.id })
    expect(await ada.createBooking({ body: EXAMPLE })).not.toMatchObject({ id: booking.id })
  })

  test('A-30 tries again what was cut off in the middle of its answer', async () => {
    const cut = new ReadableStream({
      start: (stream) => {
        stream.enqueue(new TextEncoder().encode('{"id": "'))
        stream.error(new TypeError('terminated'))
      },
    })
    asked = []
    trouble = [() => new Response(cut, { status: 201, headers: { 'content-type': 'application/json' } })]
    expect(await ada.createBooking({ body: EXAMPLE })).toMatchObject({ status: 'pending' })
    expect(new Set(asked.map(({ headers }) => headers.get('idempotency-key'))).size).toBe(1)
    expect(asked).toHaveLength(2)
  })

  test('A-30 A-32 a refusal that is to last for long is thrown, and says for how long', async () => {
    const problem = { type: 'x', title: 'x', status: 429, code: 'rate_limited', detail: 'x' }
    const headers = { 'content-type': 'application/problem+json', 'retry-after': '3600' }
    asked = []
    trouble = [() => Response.json(problem, { status: 429, headers })]
    const refusal: unknown = await ada.listOfferings().catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'rate_limited', retryAfter: 3600 })
    expect(asked).toHaveLength(1)
  })

  test('A-30 does not try again what was refused', async () => {
    asked = []
    const refusal: unknown = await ada.getOffering({ id: 'nothing' }).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ status: 404 })
    expect(asked).toHaveLength(1)
  })

  test('A-02 what does not come is waited for no longer than was said, and says how it stands', async () => {
    const { id } = await ada.createBooking({ body: EXAMPLE })
    const late: unknown = await ada
      .waitFor(id, ({ status }) => status === 'completed', { timeoutMs: 1000 })
      .catch((error: unknown) => error)
    expect(late).toBeInstanceOf(client.WaitedTooLong)
    expect(late).toMatchObject({ last: { id, status: 'pending' } })
  })

  test('A-31 a version that is not the booking’s is refused', async () => {
    const { id, version } = await ada.createBooking({ body: EXAMPLE })
    const body = { notes: 'By train.' }
    const refusal: unknown = await ada
      .changeBooking({ id, body }, { version: version + 7 })
      .catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'version_conflict', status: 412 })
    expect(await ada.changeBooking({ id, body }, { version })).toMatchObject({ notes: 'By train.' })
  })
})
