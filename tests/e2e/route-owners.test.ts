import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hold, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { operationsOf, type Document } from '../support/document.ts'
import { eventually } from '../support/eventually.ts'
import { offerSlots } from '../support/offers.ts'
import { BY_ROUTE, ROLES, type Role, type RouteRow, type Thing } from '../support/route-owners.ts'
import { wait } from '../support/waitlist.ts'
import { openWorld, type World } from '../support/world.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-owners-'))
let world: World
let document: Document
const tokens = new Map<string, string>()
const things = new Map<string, string>()

const own = (role: Role): string => `own-${role}`
const thing = (name: Thing, role: Role): string => things.get(`${name} ${role}`) ?? things.get(name) ?? `no ${name}`

beforeAll(async () => {
  world = await openWorld({ environment: { ATTACHMENTS_DIR: folder, WEBHOOK_ALLOW_PRIVATE: 'true' } })
  document = (await (await fetch(`${world.apiUrl}/openapi.json`)).json()) as Document
  const callers = new Map<Role, Caller>()
  for (const role of ROLES) {
    callers.set(role, await world.as(role, own(role)))
    for (const sub of [own(role), `other-${role}`]) {
      const { body } = await world.service.post<{ access_token: string }>('/oauth/token', { sub, role })
      tokens.set(sub, body.access_token)
    }
  }
  const [ada, olga] = [callers.get('customer')!, callers.get('operator')!]
  // Two providers at one venue, with units of the same name.
  const offer = await offerSlots(world, { capacity: 9, more: { provider: { id: 'own-provider' } } })
  await offerSlots(world, { capacity: 9, more: { provider: { id: 'other-provider' } } })
  const full = await offerSlots(world, { capacity: 1, more: { provider: { id: 'own-provider' } } })

  const booking = await hold(ada, offer.order())
  await pay(world, booking)
  await until(ada, booking.id, { status: 'confirmed' })
  for (const action of ['start', 'complete']) {
    await olga.post(`/bookings/${booking.id}/status`, { action, reason: 'early' })
  }
  await hold(olga, full.order({ customer: { id: 'somebody' } }))
  const entry = await wait(ada, full.order())
  const review = await ada.post<{ id: string }>(`/bookings/${booking.id}/reviews`, { rating: 5 })
  const attachment = await send('POST', `/bookings/${booking.id}/attachments`, own('customer'), file())
  const told = await eventually(async () => {
    const { body } = await ada.get<{ notifications: { id: string }[] }>(`/notifications?booking_id=${booking.id}`)
    const [first] = body.notifications
    if (first === undefined) throw new Error('nobody was told of the booking')
    return first
  })
  const { number } = await world.parts.database.booking.findUniqueOrThrow({ where: { id: booking.id } })
  for (const [role, caller] of callers) {
    const endpoint = await caller.post<{ id: string }>('/webhook-endpoints', { url: `https://127.0.0.1/${role}` })
    const ping = await caller.post<{ id: string }>(`/webhook-endpoints/${endpoint.body.id}/ping`, {})
    things.set(`endpoint ${role}`, endpoint.body.id).set(`delivery ${role}`, ping.body.id)
  }
  const made = {
    visit: booking.id,
    reference: booking.reference,
    number: String(number),
    venue: 'clinic-1',
    customer: own('customer'),
    attachment: (JSON.parse(attachment.text) as { id: string }).id,
    entry: entry.id,
    notification: told.id,
    review: review.body.id,
    offering: offer.offeringId,
  }
  for (const [name, id] of Object.entries(made)) things.set(name, id)
})
afterAll(async () => {
  await world?.close()
  rmSync(folder, { recursive: true, force: true })
})

function file(): FormData {
  const form = new FormData()
  form.set('file', new File([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')], 'a.png', { type: 'image/png' }))
  return form
}

/** Of a stream, which does not end, only the head. */
async function send(method: string, path: string, sub: string, body?: FormData | object, headers: object = {}) {
  const isForm = body instanceof FormData
  const response = await fetch(`${world.apiUrl}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${tokens.get(sub)}`,
      ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
  })
  if (response.headers.get('content-type')?.startsWith('text/event-stream') === true) {
    await response.body?.cancel()
    return { status: response.status, text: '' }
  }
  return { status: response.status, text: await response.text() }
}

/** The bodies by which a route is asked: each field by itself. */
function bodiesOf({ isUpload, fields, base = {} }: RouteRow): (FormData | object | undefined)[] {
  if (isUpload === true) return [file()]
  if (fields === undefined) return [undefined]
  const each = Object.entries(fields).map(([name, value]) => ({ ...base, [name]: value }))
  return each.length === 0 ? [base] : each
}

describe('N-57 N-58 each route, by role and owner', () => {
  test('no route of the document is left out', () => {
    const without = operationsOf(document).filter(({ body }) => body === null)
    const rows = Object.keys(BY_ROUTE)
    expect(
      without.map(({ method, path }) => `${method.toUpperCase()} ${path}`).filter((route) => !rows.includes(route)),
    ).toEqual([])
    const described = operationsOf(document).map(({ method, path }) => `${method.toUpperCase()} ${path}`)
    expect(rows.filter((route) => !described.includes(route))).toEqual([])
  })

  test.each(Object.entries(BY_ROUTE))('%s', async (route, row) => {
    const [method = ''] = route.split(' ')
    const wrong: unknown[] = []
    // Others first: what is their own, people may take away.
    for (const owner of ['others', 'own'] as const) {
      for (const role of ROLES) {
        const path = row.at.replaceAll(/\{(\w+)\}/g, (_, name) => thing(name as Thing, role))
        for (const body of bodiesOf(row)) {
          const sub = owner === 'own' ? own(role) : `other-${role}`
          const { status, text } = await send(method, path, sub, body, row.headers)
          const isRefused = status === 403 || (status === 404 && row.isAbsent !== true)
          const isShown = row.shows === undefined || isRefused || text.includes(thing(row.shows.thing, role))
          const said = { owner, role, body, status, text: text.slice(0, 300) }
          if (isRefused === row[owner].includes(role) || status === 401 || status === 422 || status >= 500) {
            wrong.push(said)
          } else if (!isRefused && isShown !== (row.shows?.[owner].includes(role) ?? true)) {
            wrong.push({ ...said, isShown })
          }
        }
      }
    }
    expect(wrong).toEqual([])
  })
})
