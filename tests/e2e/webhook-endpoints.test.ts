import { setTimeout } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWebhooks, type WebhookSender } from '../../events/webhooks/sender.ts'
import { claimDeliveries } from '../../prisma/webhooks.ts'
import { webhooksOf } from '../../runtime/wire.ts'
import { hold, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { eventually } from '../support/eventually.ts'
import { inDays, offerCourse, offerSeats, offerSlots, offerTables, offerTutor } from '../support/offers.ts'
import { openReceiver, type Receiver } from '../support/webhook-receiver.ts'
import { openWorld, type World } from '../support/world.ts'

type Endpoint = { id: string; url: string; secret: string; status: string; disabled_reason: string | null }
type Changed = { booking_id: string; version: number; change: string; event_id: string }

let world: World
let receiver: Receiver
let sender: WebhookSender
let [ada, ben, olga]: Caller[] = []
/** Pauses are not waited for: the sender's clock is put on. */
let ahead = 0
const clock = () => new Date(Date.now() + ahead)
const skip = (seconds: number) => (ahead += seconds * 1000)

beforeAll(async () => {
  world = await openWorld({ environment: { WEBHOOK_ALLOW_PRIVATE: '127.0.0.1', WEBHOOK_DEADLINE_MS: '1500' } })
  ;[ada, ben, olga] = await Promise.all([
    world.as('customer', 'ada'),
    world.as('customer', 'ben'),
    world.as('operator', 'olga'),
  ])
  receiver = await openReceiver()
  sender = startWebhooks(webhooksOf(world.parts), { intervalMs: 20, clock })
})
afterAll(async () => {
  await sender?.stop()
  await receiver?.close()
  await world?.close()
})

async function endpointOf(caller: Caller, path: string, more: object = {}): Promise<Endpoint> {
  const answer = await caller.post<Endpoint>('/webhook-endpoints', { url: `${receiver.url}${path}`, ...more })
  expect(answer).toMatchObject({ status: 201, body: { status: 'enabled', secret: expect.stringMatching(/^whsec_/) } })
  return answer.body
}

/** What a path took, checked by the client's library. */
function verified(path: string, secret: string): Changed[] {
  return receiver.taken(path).map(({ body, headers }) => new Webhook(secret).verify(body, headers) as Changed)
}

/** The versions of a booking that the outbox told, and those that arrived; each version may arrive twice, later ones never first. */
async function arrivedInOrder(path: string, secret: string, bookingId: string): Promise<void> {
  const told = await world.parts.database.outboxMessage.findMany({
    where: { bookingId, eventType: 'booking.changed' },
    orderBy: { id: 'asc' },
  })
  const arrived = verified(path, secret).filter((event) => event.booking_id === bookingId)
  const first = arrived.map(({ version }) => version).filter((version, index, all) => all.indexOf(version) === index)
  expect(first).toEqual(told.map(({ version }) => version))
  for (const event of arrived) expect(told.find(({ version }) => version === event.version)?.payload).toEqual(event)
}

describe('outgoing webhooks', () => {
  test('W-02 W-03 W-04 a receiver that fails, hangs, redirects and comes back gets every event of five stories, in order per booking, while another hangs for good', async () => {
    const stuck = await endpointOf(olga!, '/stuck')
    receiver.always('/stuck', 'hang')
    const endpoint = await endpointOf(ada!, '/all')
    const elsewhere = { redirect: `${receiver.url}/elsewhere` }
    const trouble = [200, 500, 200, 'hang', 200, elsewhere, 503, 200, 429, 200, 404] as const
    for (let n = 0; n < 4; n += 1) receiver.next('/all', ...trouble)
    const [tutor, slots, seats, tables, course] = await Promise.all([
      offerTutor(world),
      offerSlots(world),
      offerSeats(world, 2),
      offerTables(world, [4]),
      offerCourse(world),
    ])
    const start = inDays(8)
    const bookings = await Promise.all(
      [
        tutor.order({ items: [{ offering_id: tutor.offeringId, start, end: inDays(8, 1) }] }),
        slots.order(),
        seats.order({ items: seats.unitIds.map((unit_id) => ({ offering_id: seats.offeringId, unit_id })) }),
        tables.order({ items: [{ offering_id: tables.offeringId, start }] }),
        course.order(),
      ].map((order) => hold(ada!, order)),
    )
    const [lesson, visit, show, dinner, lessons] = bookings.map(({ id }) => id) as [
      string,
      string,
      string,
      string,
      string,
    ]
    const asked = async (caller: Caller, id: string, path: string, body: object, method: 'post' | 'put' = 'post') => {
      const { version } = (await caller.get<{ version: number }>(`/bookings/${id}`)).body
      const answer = await caller[method](`/bookings/${id}${path}`, { ...body, expected_version: version })
      expect(answer).toMatchObject({ status: 200 })
    }
    const moved = (id: string, action: string) => asked(olga!, id, '/status', { action, reason: 'early' })
    for (const booking of bookings) {
      await pay(world, booking)
      await until(ada!, booking.id, { status: 'confirmed' })
    }
    await moved(lesson, 'start')
    await moved(lesson, 'complete')
    await asked(ada!, visit, '', { items: slots.order()['items'], notes: 'nervous' }, 'put')
    await asked(ada!, visit, '/cancel', { reason: 'ill' })
    await asked(ada!, show, '/cancel', { item_ids: ['2'], reason: 'one less' })
    await asked(ada!, dinner, '', { items: [{ offering_id: tables.offeringId, start: inDays(9) }] }, 'put')
    await moved(dinner, 'check_in')
    await moved(dinner, 'complete')
    await asked(ada!, lessons, '/cancel', {})
    await until(ada!, visit, ({ refund }) => expect(refund?.status).toBe('completed'))
    await until(ada!, show, ({ refund }) => expect(refund?.status).toBe('completed'))
    await until(ada!, lessons, ({ refund }) => expect(refund?.status).toBe('completed'))

    await eventually(async () => {
      skip(60)
      for (const { id } of bookings) await arrivedInOrder('/all', endpoint.secret, id)
    }, 60)
    const answered = receiver.delivered.filter(({ path }) => path === '/all').map((each) => each.answered)
    for (const each of trouble) expect(answered.filter((one) => one === each).length).toBeGreaterThan(1)
    expect(verified('/all', endpoint.secret).length).toBeGreaterThan(30)
    expect(receiver.taken('/elsewhere')).toEqual([])
    expect(receiver.taken('/stuck')).toEqual([])
    const { body } = await ada!.get<{ deliveries: { attempts: number; status: string }[] }>(
      `/webhook-endpoints/${endpoint.id}/deliveries?limit=100`,
    )
    expect(new Set(body.deliveries.map(({ status }) => status))).toEqual(new Set(['delivered']))
    expect(Math.max(...body.deliveries.map(({ attempts }) => attempts))).toBeGreaterThan(1)
    await Promise.all([
      ada!.delete(`/webhook-endpoints/${endpoint.id}`),
      olga!.delete(`/webhook-endpoints/${stuck.id}`),
    ])
  }, 120_000)

  test('W-01 each caller sees its own endpoints, changes and deletes them; the secret is shown once', async () => {
    const { id, secret, ...shown } = await endpointOf(ada!, '/own', { events: ['confirmed'], description: 'calendar' })
    expect((await ada!.get(`/webhook-endpoints/${id}`)).body).toEqual({ id, ...shown })
    expect(await ada!.get('/webhook-endpoints')).toMatchObject({ body: { endpoints: [{ id }] } })
    for (const other of [ben!, olga!]) {
      expect(await other.get('/webhook-endpoints')).toMatchObject({ status: 200, body: { endpoints: [] } })
      const path = `/webhook-endpoints/${id}`
      for (const answer of [
        await other.get(path),
        await other.put(path, { description: 'mine' }),
        await other.delete(path),
        await other.post(`${path}/ping`, {}),
        await other.post(`${path}/rotate-secret`, {}),
        await other.get(`${path}/deliveries`),
        await other.post(`${path}/deliveries/1/replay`, {}),
      ]) {
        expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } })
      }
    }
    const changed = await ada!.put(`/webhook-endpoints/${id}`, { events: [], description: null })
    expect(changed).toMatchObject({ status: 200, body: { events: [], description: null, url: `${receiver.url}/own` } })
    expect(await ada!.delete(`/webhook-endpoints/${id}`)).toMatchObject({ status: 200 })
    expect(await ada!.get(`/webhook-endpoints/${id}`)).toMatchObject({ status: 404 })
    const rows = await world.parts.database.idempotencyKey.findMany()
    expect(JSON.stringify(rows)).not.toContain(secret)
  })

  test('W-01 asked twice under one key it is one endpoint with one secret, and no answer that is kept has the secret', async () => {
    const request = { url: `${receiver.url}/twice` }
    const key = { 'idempotency-key': 'endpoint-1' }
    const [first, again] = [
      await ben!.post<Endpoint>('/webhook-endpoints', request, key),
      await ben!.post<Endpoint>('/webhook-endpoints', request, key),
    ]
    expect(again.body).toEqual(first.body)
    const rows = await world.parts.database.idempotencyKey.findMany()
    expect(JSON.stringify(rows)).not.toContain(first.body.secret)
    await ben!.delete(`/webhook-endpoints/${first.body.id}`)
  })

  test.each([
    ['https://127.0.0.2/', 'is no public address'],
    ['https://10.0.0.1/', 'is no public address'],
    ['https://[::1]/', 'is no public address'],
    ['https://[::ffff:10.0.0.1]/', 'is no public address'],
    ['https://0x7f000002/', 'is no public address'],
    ['https://169.254.169.254/latest', 'is no public address'],
    ['https://me:secret@example.com/', 'has a name or password'],
    ['https://example.com/#there', 'has a fragment'],
    ['ftp://example.com/', 'is not https'],
    ['nowhere', 'is no URL'],
  ])('W-05 %s is refused', async (url, message) => {
    const answer = await ada!.post<{ errors: { pointer: string; message: string }[] }>('/webhook-endpoints', { url })
    expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed' } })
    expect(answer.body.errors[0]).toMatchObject({ pointer: '/url', message: expect.stringContaining(message) })
  })

  test('W-01 a customer is told of their bookings, a provider of those of its offerings, an operator of all; of what each asked for', async () => {
    const seats = await offerSeats(world, 3)
    const tutor = await offerTutor(world)
    const lesson = await hold(ben!, tutor.order())
    const tess = await world.as('provider', lesson.provider?.id ?? '')
    const endpoints = [
      await endpointOf(ada!, '/ada'),
      await endpointOf(tess, '/tess', { events: ['ended'] }),
      await endpointOf(olga!, '/olga', { events: ['held', 'ended'] }),
    ]
    const seat = await hold(ada!, seats.order())
    await ben!.post(`/bookings/${lesson.id}/cancel`, {})
    await ada!.post(`/bookings/${seat.id}/cancel`, {})
    const changes = (path: string) =>
      receiver.taken(path).map(({ body }) => {
        const { booking_id, change } = JSON.parse(body) as Changed
        return `${booking_id === seat.id ? 'seat' : 'lesson'} ${change}`
      })
    await eventually(async () => {
      skip(10)
      expect(changes('/ada')).toEqual(expect.arrayContaining(['seat held', 'seat ended']))
      expect(changes('/tess')).toEqual(['lesson ended'])
      expect(changes('/olga').toSorted()).toEqual(['lesson ended', 'seat ended', 'seat held'])
    }, 15)
    expect(changes('/ada').filter((each) => each.startsWith('lesson'))).toEqual([])
    await Promise.all([
      ada!.delete(`/webhook-endpoints/${endpoints[0]!.id}`),
      tess.delete(`/webhook-endpoints/${endpoints[1]!.id}`),
      olga!.delete(`/webhook-endpoints/${endpoints[2]!.id}`),
    ])
  })

  test('W-03 a slow endpoint delays nobody else', async () => {
    const [slow, fast] = [await endpointOf(ada!, '/slow'), await endpointOf(ada!, '/fast')]
    receiver.always('/slow', 'hang')
    for (let n = 0; n < 8; n += 1) await ada!.post(`/webhook-endpoints/${slow.id}/ping`, {})
    await eventually(async () => expect(receiver.delivered.some(({ path }) => path === '/slow')).toBe(true))
    const begun = Date.now()
    await ada!.post(`/webhook-endpoints/${fast.id}/ping`, {})
    await eventually(async () => expect(receiver.taken('/fast')).toHaveLength(1))
    // The others' deadline is 1.5 s.
    expect(Date.now() - begun).toBeLessThan(1000)
    await Promise.all([slow, fast].map(({ id }) => ada!.delete(`/webhook-endpoints/${id}`)))
  })

  test('W-02 while the secret is rotated both sign, a day later only the new one', async () => {
    const { id, secret } = await endpointOf(ada!, '/rotated')
    const rotated = await ada!.post<{ secret: string }>(`/webhook-endpoints/${id}/rotate-secret`, {})
    expect(rotated.status).toBe(200)
    await ada!.post(`/webhook-endpoints/${id}/ping`, {})
    await eventually(async () => expect(receiver.taken('/rotated')).toHaveLength(1))
    expect(verified('/rotated', secret)).toEqual(verified('/rotated', rotated.body.secret))
    // Taken is not yet written down as delivered, and what is not is sent again.
    await eventually(async () => {
      const path = `/webhook-endpoints/${id}/deliveries`
      const { body } = await ada!.get<{ deliveries: { status: string }[] }>(path)
      expect(body.deliveries).toMatchObject([{ status: 'delivered' }])
    })
    skip(25 * 3600)
    await ada!.post(`/webhook-endpoints/${id}/ping`, {})
    await eventually(async () => expect(receiver.taken('/rotated')).toHaveLength(2))
    expect(verified('/rotated', rotated.body.secret)).toHaveLength(2)
    expect(() => verified('/rotated', secret)).toThrow(/signature/i)
    await ada!.delete(`/webhook-endpoints/${id}`)
  })

  test('W-03 410 disables an endpoint; enabled again it goes on', async () => {
    const { id } = await endpointOf(ada!, '/gone')
    receiver.next('/gone', 410)
    await ada!.post(`/webhook-endpoints/${id}/ping`, {})
    await eventually(async () =>
      expect(await ada!.get(`/webhook-endpoints/${id}`)).toMatchObject({
        body: { status: 'disabled', disabled_reason: 'gone' },
      }),
    )
    expect(await ada!.post(`/webhook-endpoints/${id}/ping`, {})).toMatchObject({
      status: 409,
      body: { code: 'illegal_transition' },
    })
    const on = await ada!.put(`/webhook-endpoints/${id}`, { status: 'enabled' })
    expect(on).toMatchObject({ status: 200, body: { status: 'enabled', disabled_reason: null } })
    await ada!.post(`/webhook-endpoints/${id}/ping`, {})
    await eventually(async () => expect(receiver.taken('/gone')).toHaveLength(1))
    await ada!.delete(`/webhook-endpoints/${id}`)
  })

  test('W-03 one that fails for three days, with growing pauses, is disabled; what it missed can be replayed', async () => {
    ahead = 0
    const { id, secret } = await endpointOf(ada!, '/failing')
    receiver.always('/failing', 500)
    await ada!.post(`/webhook-endpoints/${id}/ping`, {})
    await eventually(async () => {
      skip(7200)
      expect(await ada!.get(`/webhook-endpoints/${id}`)).toMatchObject({
        body: { status: 'disabled', disabled_reason: 'failing' },
      })
    }, 60)
    const list = () =>
      ada!.get<{ deliveries: { id: string; status: string; attempts: number }[] }>(
        `/webhook-endpoints/${id}/deliveries`,
      )
    const [missed] = (await list()).body.deliveries
    expect(missed).toMatchObject({ status: 'failed', answer: 500 })
    expect(missed!.attempts).toBeGreaterThan(7)
    expect(missed!.attempts).toBeLessThan(20)
    await ada!.put(`/webhook-endpoints/${id}`, { status: 'enabled' })
    receiver.always('/failing', 200)
    const replayed = await ada!.post(`/webhook-endpoints/${id}/deliveries/${missed!.id}/replay`, {})
    expect(replayed).toMatchObject({ status: 202, body: { replay_of: missed!.id, status: 'pending' } })
    await eventually(async () => expect(verified('/failing', secret)).toHaveLength(1))
    expect(receiver.taken('/failing')[0]?.headers['webhook-id']).toBe(
      receiver.delivered.find(({ path }) => path === '/failing')?.headers['webhook-id'],
    )
    expect(await ada!.post(`/webhook-endpoints/${id}/deliveries/999999/replay`, {})).toMatchObject({ status: 404 })
    await ada!.delete(`/webhook-endpoints/${id}`)
  })

  test('W-03 what a dead sender had in its hands is sent by another, once its lease is over', async () => {
    await sender.stop()
    const { id } = await endpointOf(ada!, '/lease')
    await ada!.post(`/webhook-endpoints/${id}/ping`, {})
    const options = { each: 4, total: 10, busy: [], leaseSeconds: 60 }
    const { database } = world.parts
    expect(await claimDeliveries(database, clock(), options)).toHaveLength(1)
    expect(await claimDeliveries(database, clock(), options)).toHaveLength(0)
    sender = startWebhooks(webhooksOf(world.parts), { intervalMs: 20, clock })
    await setTimeout(200)
    expect(receiver.taken('/lease')).toHaveLength(0)
    skip(61)
    await eventually(async () => expect(receiver.taken('/lease')).toHaveLength(1))
    await ada!.delete(`/webhook-endpoints/${id}`)
  })
})
