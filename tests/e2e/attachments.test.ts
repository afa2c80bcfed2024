import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../../api/app.ts'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { removeOrphans } from '../../services/attachments/orphans.ts'
import { hold, pay, until } from '../support/booking.ts'
import type { Answer, Caller } from '../support/caller.ts'
import { offerCourse, offerSlots } from '../support/offers.ts'
import { expectFaultAt, expectRefused } from '../support/refusals.ts'
import { openWorld, type World } from '../support/world.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-attachments-'))
const MAX_BYTES = 200_000
let world: World
let [ada, eve, vet, otherVet, olga]: Caller[] = []
let booking: BookingBody
beforeAll(async () => {
  world = await openWorld({
    environment: { ATTACHMENTS_DIR: folder, ATTACHMENTS_MAX_BYTES: String(MAX_BYTES) },
  })
  ada = await world.as('customer', 'ada')
  eve = await world.as('customer', 'eve')
  vet = await world.as('provider', 'vet')
  otherVet = await world.as('provider', 'other-vet')
  olga = await world.as('operator', 'olga')
  booking = await hold(ada, (await offerSlots(world, { more: { provider: { id: 'vet' } } })).order())
})
afterAll(async () => {
  await world.close()
  rmSync(folder, { recursive: true, force: true })
})

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
const ABSENT = '00000000-0000-4000-8000-000000000000'

type Form = {
  file?: { bytes?: Uint8Array<ArrayBuffer> | string; name?: string; type?: string }
  fields?: Record<string, string>
  headers?: Record<string, string>
  as?: 'ada' | 'eve' | 'vet' | 'other-vet' | 'olga'
  to?: string
  body?: string
}

const ROLES = { ada: 'customer', eve: 'customer', vet: 'provider', 'other-vet': 'provider', olga: 'operator' } as const

async function tokenOf(sub: keyof typeof ROLES): Promise<string> {
  const { body } = await world.service.post<{ access_token: string }>('/oauth/token', { sub, role: ROLES[sub] })
  return body.access_token
}

/** Sends a form as a browser does: a PNG unless told otherwise. */
async function upload({
  file = {},
  fields = {},
  headers = {},
  as = 'ada',
  to = booking.id,
  body,
}: Form = {}): Promise<Answer> {
  const form = new FormData()
  const { bytes = new Uint8Array(PNG), name = 'rex.png', type = 'image/png' } = file
  form.set('file', new File([bytes], name, { type }))
  for (const [field, value] of Object.entries(fields)) form.set(field, value)
  const response = await fetch(`${world.apiUrl}/api/v1/bookings/${to}/attachments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await tokenOf(as)}`, ...headers },
    body: body ?? form,
  })
  const text = await response.text()
  return { status: response.status, body: JSON.parse(text) as Record<string, unknown>, headers: response.headers }
}

async function download(path: string, as: keyof typeof ROLES = 'ada') {
  const headers = { authorization: `Bearer ${await tokenOf(as)}` }
  const response = await fetch(`${world.apiUrl}${path}`, { headers })
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()), headers: response.headers }
}

const filesStored = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length

describe('an attachment', () => {
  test('A-17 C-10 is given back as it was sent, to be saved and not shown, with who attached it and when', async () => {
    const { status, body } = await upload({ fields: { description: 'Rex, before' } })
    expect({ status, body }).toMatchObject({
      status: 201,
      body: {
        booking_id: booking.id,
        file_name: 'rex.png',
        file_type: 'image/png',
        file_size: PNG.length,
        description: 'Rex, before',
        is_public: false,
        uploaded_by: { role: 'customer', id: 'ada' },
      },
    })
    const theirs = await upload({
      as: 'vet',
      file: { bytes: 'All is well.\n', name: 'notes.txt', type: 'text/plain;charset=utf-8' },
    })
    expect(theirs).toMatchObject({
      status: 201,
      body: { uploaded_by: { role: 'provider', id: 'vet' }, description: null },
    })
    const listed = await olga!.get<{ attachments: object[] }>(`/bookings/${booking.id}/attachments`)
    expect(listed.body.attachments).toEqual([body, theirs.body])

    const file = await download(String(body['file_url']))
    expect(file.status).toBe(200)
    expect(file.bytes.equals(PNG)).toBe(true)
    expect(Object.fromEntries(file.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-disposition': `attachment; filename="rex.png"; filename*=UTF-8''rex.png`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-store',
    })
  })

  test.each([
    ['../../etc/passwd', 'passwd.png'],
    ['C:\\temp\\röntgen 東京.PNG', 'röntgen 東京.png'],
    ['invoice\u202Egnp.exe', 'invoicegnp.exe.png'],
    ['.htaccess', 'htaccess.png'],
    ['a"b;c\u0007.png', 'ab;c.png'],
    ['...', 'file.png'],
    [`${'x'.repeat(300)}.png`, `${'x'.repeat(116)}.png`],
  ])('A-17 A-32 gets a name that does no harm: %s', async (name, safe) => {
    const own = await hold(ada!, (await offerCourse(world)).order())
    const { body } = await upload({ to: own.id, file: { name } })
    expect(body['file_name']).toBe(safe)
    const { headers } = await download(String(body['file_url']))
    expect(headers.get('content-disposition')).toMatch(
      /^attachment; filename="[ -~]+"; filename\*=UTF-8''[\w.~%!$&+^`|{}-]+$/,
    )
  })

  test('A-17 A-30 is one under one key, and another file under it is refused', async () => {
    const headers = { 'idempotency-key': randomUUID() }
    const answers = await Promise.all([upload({ headers }), upload({ headers }), upload({ headers })])
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1)
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201])
    const other = await upload({ headers, file: { bytes: 'text', type: 'text/plain', name: 'a.txt' } })
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_mismatch' } })
  })

  test('A-34 is there for those who see the booking, and for nobody else', async () => {
    const { body } = await upload({ fields: { is_public: 'true' } })
    for (const as of ['ada', 'vet', 'olga'] as const)
      expect((await download(String(body['file_url']), as)).status).toBe(200)
    for (const as of ['eve', 'other-vet'] as const) {
      expect((await download(String(body['file_url']), as)).status).toBe(404)
      await expectRefused(world, () => upload({ as }), 'not_found')
    }
    for (const somebody of [eve!, otherVet!]) {
      await expectRefused(world, () => somebody.get(`/bookings/${booking.id}/attachments`), 'not_found')
    }
    const another = await hold(ada!, (await offerCourse(world)).order())
    for (const path of [
      `/bookings/${another.id}/attachments/${String(body['id'])}`,
      `/bookings/${booking.id}/attachments/${ABSENT}`,
      `/bookings/${ABSENT}/attachments/${String(body['id'])}`,
    ]) {
      await expectRefused(world, () => ada!.get(path), 'not_found')
    }
  })

  test('A-16 C-07 that its owner made public is shown with the published review it belongs to, and only then', async () => {
    const visit = await hold(ada!, (await offerSlots(world, { more: { provider: { id: 'vet' } } })).order())
    await pay(world, visit)
    await until(ada!, visit.id, { status: 'confirmed' })
    const olga = await world.as('operator', 'olga')
    for (const action of ['start', 'complete']) {
      await olga.post(`/bookings/${visit.id}/status`, { action, reason: 'came early' })
    }
    const shown = (await upload({ to: visit.id, fields: { is_public: 'true' } })).body
    const hidden = (await upload({ to: visit.id })).body
    const loose = (await upload({ to: visit.id, fields: { is_public: 'true' } })).body
    const attachments = [shown['id'], hidden['id']]
    const { body } = await ada!.post<{ id: string }>(`/bookings/${visit.id}/reviews`, { rating: 4, attachments })
    const statuses = () =>
      Promise.all([shown, hidden, loose].map(async (each) => (await download(String(each['file_url']), 'eve')).status))
    expect(await statuses()).toEqual([404, 404, 404])
    await vet!.post(`/reviews/${body.id}/publish`, {})
    expect(await statuses()).toEqual([200, 404, 404])
    const service = visit.items[0]?.offering_id
    const { body: page } = await eve!.get<{ reviews: object[] }>(`/services/${service}/reviews`)
    expect(page.reviews).toMatchObject([{ attachments: [{ id: shown['id'], url: shown['file_url'] }] }])
  })
})

describe('what is no attachment', () => {
  test.each<[string, Form, string]>([
    ['empty', { file: { bytes: '' } }, '/file'],
    ['of a type that is not taken', { file: { bytes: '<svg/>', type: 'image/svg+xml' } }, '/file'],
    ['HTML', { file: { bytes: '<script>', type: 'text/html' } }, '/file'],
    ['of no type', { file: { type: '' } }, '/file'],
    ['a page that says it is a picture', { file: { bytes: '<html>', type: 'image/png' } }, '/file'],
    ['a picture that says it is text', { file: { type: 'text/plain' } }, '/file'],
    ['a picture that says it is another', { file: { type: 'image/jpeg' } }, '/file'],
    ['of a type with a magic name', { file: { type: 'constructor' } }, '/file'],
    ['text instead of a file', { fields: { file: 'text' } }, '/file'],
    ['with a field nobody knows', { fields: { storage_key: '../../x' } }, '/storage_key'],
    ['with a magic field', { fields: { ['__proto__']: 'x' } }, ''],
    ['with a long description', { fields: { description: 'x'.repeat(501) } }, '/description'],
    ['with a description that is no text', { fields: { description: 'a\u0000' } }, '/description'],
    ['public perhaps', { fields: { is_public: 'maybe' } }, '/is_public'],
  ])('A-17 A-32 is refused: %s', async (_, form, pointer) => {
    const before = filesStored()
    const answer = await expectRefused(world, () => upload(form), 'validation_failed')
    if (pointer !== '') expectFaultAt(answer, pointer)
    expect(filesStored()).toBe(before)
  })

  test('A-17 A-32 is refused: larger than it may be, by its own account or not; just as large is taken', async () => {
    const text = (bytes: number) => ({ bytes: 'x'.repeat(bytes), type: 'text/plain', name: 'x.txt' })
    await expectRefused(world, () => upload({ file: text(MAX_BYTES + 1) }), 'payload_too_large')
    await expectRefused(world, () => upload({ file: text(MAX_BYTES * 20) }), 'payload_too_large')
    expect((await upload({ file: text(MAX_BYTES) })).status).toBe(201)
  })

  test('A-17 A-32 is refused: what is not a form, or not a whole one', async () => {
    const json = { 'content-type': 'application/json' }
    await expectRefused(world, () => upload({ headers: json, body: '{}' }), 'unsupported_media_type')
    const plain = { 'content-type': 'multipart/form-data' }
    await expectRefused(world, () => upload({ headers: plain, body: 'x' }), 'unsupported_media_type')
    const torn = { 'content-type': 'multipart/form-data; boundary=x' }
    await expectRefused(world, () => upload({ headers: torn, body: '--x\r\nContent-Disp' }), 'malformed')
  })

  test('A-17 is refused: one more than twenty, even at once', async () => {
    const own = await hold(ada!, (await offerCourse(world)).order())
    const answers = await Promise.all(Array.from({ length: 23 }, () => upload({ to: own.id })))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(20)
    expect(answers.find(({ status }) => status !== 201)).toMatchObject({
      status: 409,
      body: { code: 'policy_forbids' },
    })
  })
})

describe('files without an attachment', () => {
  test('A-17 H-21 that a dead process left are removed after a day, and no other', async () => {
    const store = world.parts.attachments!
    const { body } = await upload()
    const orphan = randomUUID()
    await store.put(orphan, new Uint8Array([1]), 'text/plain')
    const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000)
    await removeOrphans(world.parts, inHours(23))
    expect(await store.get(orphan)).not.toBeNull()
    expect(await removeOrphans(world.parts, inHours(25))).toBeGreaterThan(0)
    expect(await store.get(orphan)).toBeNull()
    expect((await download(String(body['file_url']))).status).toBe(200)
    expect(filesStored()).toBe(await world.parts.database.attachment.count())
  })

  test('A-17 H-24 cannot be where the store is gone: 503, and nothing is noted', async () => {
    const before = await world.parts.database.attachment.count()
    const { body } = await upload()
    rmSync(folder, { recursive: true })
    try {
      // A file where the folder was: it can be neither read nor made.
      writeFileSync(folder, '')
      expect(await upload()).toMatchObject({ status: 503, body: { code: 'unavailable' } })
      expect((await download(String(body['file_url']))).status).toBe(503)
    } finally {
      rmSync(folder)
    }
    expect(await world.parts.database.attachment.count()).toBe(before + 1)
  })

  test('A-17 H-24 cannot be where no store is configured: 503, and nothing is noted', async () => {
    const app = createApp({ ...world.parts, attachments: null })
    const form = new FormData()
    form.set('file', new File([PNG], 'rex.png', { type: 'image/png' }))
    const before = await world.parts.database.attachment.count()
    const response = await app.request(`/api/v1/bookings/${booking.id}/attachments`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await tokenOf('ada')}` },
      body: form,
    })
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status: 503,
      body: { code: 'unavailable' },
    })
    expect(await world.parts.database.attachment.count()).toBe(before)
  })
})
