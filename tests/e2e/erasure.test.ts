import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { WaitlistEntryBody } from '../../api/schemas/waitlist.ts'
import { erasePerson } from '../../prisma/erasure.ts'
import { takeMasterData } from '../../prisma/master-data.ts'
import { removeOrphans } from '../../services/attachments/orphans.ts'
import { hold, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { eventually } from '../support/eventually.ts'
import { offerCourse, offerSeats, offerSlots, offerTables, offerTutor, type Offer } from '../support/offers.ts'
import { cancel, wait } from '../support/waitlist.ts'
import { openWorld, type World } from '../support/world.ts'

type Kept = { what: string; count: number | null; ids?: string[]; reason: string }
type Erasure = { customer_id: string; erased: Record<string, number>; kept: Kept[] }

const folder = mkdtempSync(join(tmpdir(), 'holdfast-erasure-'))
let world: World
let sql: Client
let [ada, ben, olga]: Caller[] = []
let slots: Offer
beforeAll(async () => {
  world = await openWorld({ environment: { ATTACHMENTS_DIR: folder, WEBHOOK_ALLOW_PRIVATE: 'true' } })
  sql = new Client({ connectionString: world.config.DATABASE_URL })
  await sql.connect()
  ada = await world.as('customer', 'ada')
  ben = await world.as('customer', 'ben')
  olga = await world.as('operator', 'olga')
  slots = await offerSlots(world, { capacity: 50, more: { provider: { id: 'vet' } } })
})
afterAll(async () => {
  await sql?.end()
  // The histories that it would replay are erased.
  await world?.close({ replay: false })
  rmSync(folder, { recursive: true, force: true })
})

/** A text that stands nowhere else, and can be found again: `of` says where it was written. */
const mark = (of: string): string => `qz${of.replaceAll(/[^a-z0-9]/g, '')}zq`
const customer = (of: string) => ({
  customer: { name: mark(`${of}name`), email: `${mark(`${of}mail`)}@example.test`, phone: mark(`${of}phone`) },
})
const words = (of: string) => ({ ...customer(of), notes: mark(`${of}notes`), metadata: { a: mark(`${of}metadata`) } })
const marksOf = (of: string, ...fields: string[]): string[] => fields.map((field) => mark(`${of}${field}`))
const OF_AN_ORDER = ['name', 'mail', 'phone', 'notes', 'metadata'] as const

/** Every marker that stands in the database, by table: whatever the table and the column are. */
async function found(): Promise<Record<string, string[]>> {
  const { rows: tables } = await sql.query<{ name: string }>(
    `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'public' AND c.relkind IN ('r', 'm', 'p')`,
  )
  expect(tables.length).toBeGreaterThan(30)
  const places: Record<string, string[]> = {}
  for (const { name } of tables) {
    // Bytes as text, too: what they say is to be seen.
    const { rows: bytes } = await sql.query<{ attname: string }>(
      `SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND atttypid = 'bytea'::regtype AND NOT attisdropped`,
      [name],
    )
    const text = [`t::text`, ...bytes.map(({ attname }) => `coalesce(encode(t.${attname}, 'escape'), '')`)].join(` || `)
    const { rows } = await sql.query<{ mark: string }>(
      `SELECT DISTINCT (regexp_matches(${text}, 'qz[a-z0-9]+?zq', 'g'))[1] AS mark FROM ${name} t`,
    )
    for (const { mark: one } of rows) places[one] = [...(places[one] ?? []), name]
  }
  return places
}

const over = (booking: BookingBody) =>
  until(
    ada!,
    booking.id,
    ({ waiting_for, next_deadline }) => expect([waiting_for, next_deadline]).toEqual([null, null]),
    30,
  )

async function paid(order: object): Promise<BookingBody> {
  const booking = await hold(ada!, order)
  await pay(world, booking)
  return until(ada!, booking.id, { status: 'confirmed' }, 30)
}

const cancelled = async (booking: BookingBody, who: Caller, reason: string) => {
  const { version } = (await ada!.get<BookingBody>(`/bookings/${booking.id}`)).body
  expect(await who.post(`/bookings/${booking.id}/cancel`, { expected_version: version, reason })).toMatchObject({
    status: 200,
  })
  await over(booking)
}

/** What the payment service said of cancelled holds and refunds was delivered: until then their bookings are not over. */
const delivered = () =>
  eventually(async () => {
    expect((await sql.query('SELECT FROM processed_events WHERE delivered_at IS NULL')).rowCount).toBe(0)
  }, 60)

async function attach(booking: BookingBody, fields: Record<string, string>, name: string): Promise<void> {
  const form = new FormData()
  form.set('file', new File([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')], name, { type: 'image/png' }))
  for (const [field, value] of Object.entries(fields)) form.set(field, value)
  const { body } = await world.service.post<{ access_token: string }>('/oauth/token', { sub: 'ada', role: 'customer' })
  const response = await fetch(`${world.apiUrl}/api/v1/bookings/${booking.id}/attachments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${body.access_token}` },
    body: form,
  })
  expect(response.status).toBe(201)
}

/** Everything that takes words about a person, and ends: what was written, by the markers that it leaves. */
const ENDED: Record<string, { act: () => Promise<void>; marks: string[] }> = {
  'a visit, with notes changed, a reason at the end, a review and a file': {
    marks: [...marksOf('visit', ...OF_AN_ORDER), ...marksOf('visit', 'later', 'done', 'comment', 'file', 'filetext')],
    async act() {
      const booking = await paid(slots.order(words('visit')))
      await attach(booking, { description: mark('visitfiletext') }, `${mark('visitfile')}.png`)
      const { version } = booking
      const change = { expected_version: version, items: slots.order().items, notes: mark('visitlater') }
      expect(await ada!.put(`/bookings/${booking.id}`, change)).toMatchObject({ status: 200 })
      for (const action of ['start', 'complete']) {
        const body = { action, reason: mark('visitdone') }
        expect(await olga!.post(`/bookings/${booking.id}/status`, body)).toMatchObject({ status: 200 })
      }
      const review = { rating: 5, comment: mark('visitcomment') }
      expect(await ada!.post(`/bookings/${booking.id}/reviews`, review)).toMatchObject({ status: 201 })
      await over(booking)
    },
  },
  'a cancellation by the customer, and a refund': {
    marks: [...marksOf('gone', ...OF_AN_ORDER), mark('gonereason')],
    act: async () => cancelled(await paid(slots.order(words('gone'))), ada!, mark('gonereason')),
  },
  'a cancellation by an operator': {
    marks: [...marksOf('put', ...OF_AN_ORDER), mark('putreason')],
    act: async () => cancelled(await paid(slots.order(words('put'))), olga!, mark('putreason')),
  },
  'a reservation in two steps': {
    // The notes of the first step are no more.
    marks: [...marksOf('two', 'name', 'mail', 'phone', 'metadata'), mark('twoconfirmed')],
    async act() {
      const { body } = await ada!.post<{ reservation_id: string; booking: BookingBody }>(
        '/reservations',
        slots.order(words('two')),
      )
      const answer = await ada!.post(`/reservations/${body.reservation_id}/confirm`, { notes: mark('twoconfirmed') })
      expect(answer.status).toBe(200)
      await cancelled(body.booking, ada!, 'no')
    },
  },
  'a lesson': {
    marks: [...marksOf('lesson', ...OF_AN_ORDER), mark('lessonsubject')],
    async act() {
      const tutor = await offerTutor(world)
      await cancelled(await hold(ada!, tutor.order({ ...words('lesson'), subject: mark('lessonsubject') })), ada!, 'no')
    },
  },
  'a table': {
    marks: marksOf('table', ...OF_AN_ORDER),
    act: async () => cancelled(await hold(ada!, (await offerTables(world)).order(words('table'))), ada!, 'no'),
  },
  'a seat': {
    marks: marksOf('seat', 'name', 'mail', 'phone', 'metadata'),
    async act() {
      const { notes: _, ...rest } = words('seat')
      await cancelled(await hold(ada!, (await offerSeats(world)).order(rest)), ada!, 'no')
    },
  },
  'a course': {
    marks: marksOf('course', 'name', 'mail', 'phone', 'metadata'),
    async act() {
      const { notes: _, ...rest } = words('course')
      await cancelled(await hold(ada!, (await offerCourse(world)).order(rest)), ada!, 'no')
    },
  },
  'a place in the queue that was given up': {
    marks: marksOf('queue', ...OF_AN_ORDER),
    async act() {
      const full = await offerSlots(world)
      await hold(ben!, full.order())
      const entry = await wait(ada!, full.order(words('queue')))
      expect((await ada!.delete(`/waitlist/${entry.id}`)).status).toBe(200)
    },
  },
  'a webhook endpoint of their own': {
    marks: marksOf('hook', 'url', 'text'),
    async act() {
      const endpoint = { url: `https://127.0.0.1:9/${mark('hookurl')}`, events: [], description: mark('hooktext') }
      expect(await ada!.post('/webhook-endpoints', endpoint)).toMatchObject({ status: 201 })
    },
  },
}

/** What is ahead, and stays whole until it is over. */
let visitAhead: BookingBody
let stillWaiting: WaitlistEntryBody

describe('erasing a customer', () => {
  test.each(Object.keys(ENDED))(
    'N-62 finds the words of %s in the database before',
    async (what) => {
      const { act, marks } = ENDED[what]!
      await act()
      const places = await found()
      expect(marks.filter((one) => places[one] === undefined)).toEqual([])
    },
    60_000,
  )

  test('N-62 no word stays in any column of any table, but of what is ahead, which is named', async () => {
    visitAhead = await paid(slots.order(words('ahead')))
    const full = await offerSlots(world)
    await hold(ben!, full.order())
    stillWaiting = await wait(ada!, full.order(words('waiting')))
    const others = await hold(ben!, slots.order(words('bens')))
    await cancel(ben!, others)
    await sql.query('REFRESH MATERIALIZED VIEW upcoming_bookings_view')
    await delivered()
    const before = await found()

    const { status, body } = await olga!.post<Erasure>('/customers/ada/erasure', {})
    expect({ status, body }).toMatchObject({ status: 200, body: { customer_id: 'ada' } })
    const after = await found()
    const stays = Object.keys(after).filter((one) => !/^qz(?:ahead|waiting|bens)/.test(one))
    expect(Object.fromEntries(stays.map((one) => [one, after[one]]))).toEqual({})
    expect(body.erased).toMatchObject({
      bookings: 8,
      reviews: 1,
      booking_attachments: 1,
      waitlist_entries: 1,
      webhook_endpoints: 1,
    })

    // Whole is what it says, and that of others.
    const ids = Object.fromEntries(body.kept.flatMap(({ what, ids: some = [] }) => some.map((id) => [id, what])))
    expect(ids).toEqual({
      [visitAhead.id]: 'bookings that are ahead or under way, or have money on its way, with all that belongs to them',
      [stillWaiting.id]: 'waitlist entries that still wait',
    })
    for (const { reason } of body.kept) expect(reason.length).toBeGreaterThan(20)
    const kept = (all: Record<string, string[]>) =>
      Object.keys(all)
        .filter((one) => /^qz(?:ahead|waiting|bens)/.test(one))
        .toSorted()
    expect(kept(after)).toEqual(kept(before))
    expect((await ada!.get<BookingBody>(`/bookings/${visitAhead.id}`)).body).toMatchObject({
      notes: mark('aheadnotes'),
    })
  })

  test('N-62 Temporal’s histories of what is over go, and those of what is ahead stay', async () => {
    const { rows } = await sql.query<{ id: string }>(
      `SELECT id FROM bookings WHERE customer_id = 'ada' AND contact_erased_at IS NOT NULL`,
    )
    const { temporal } = world.parts
    await eventually(async () => {
      // What had only just ended is erased with the next try.
      await olga!.post('/customers/ada/erasure', {})
      const query = `WorkflowId IN (${rows.map(({ id }) => `'${id}'`).join(', ')})`
      expect((await temporal.workflow.count(query)).count).toBe(0)
    }, 150)
    expect((await temporal.workflow.getHandle(visitAhead.id).describe()).status.name).toBe('RUNNING')
  })

  test('N-62 what is left of the bookings can be read, adds up, and takes no words any more', async () => {
    const { body } = await ada!.get<{ bookings: BookingBody[] }>('/bookings?limit=100')
    expect(body.bookings.length).toBeGreaterThan(8)
    const erased = body.bookings.find(({ status }) => status === 'completed')!
    expect(erased).toMatchObject({
      customer: { id: 'ada', name: null, email: null, phone: null },
      notes: null,
      metadata: {},
    })
    for (const path of ['', '/history', '/timeline']) {
      expect(await ada!.get(`/bookings/${erased.id}${path}`), path).toMatchObject({ status: 200 })
    }
    const data = { name: mark('newname'), email: null, phone: null }
    await takeMasterData(world.parts.database, { kind: 'user', id: 'ada', data, updatedAt: new Date().toISOString() })
    expect((await found())[mark('newname')]?.toSorted()).toEqual(['bookings', 'master_data'])
    const { rows } = await sql.query<{ id: string }>(`SELECT id FROM bookings WHERE customer_name = $1`, [
      mark('newname'),
    ])
    expect(rows).toEqual([{ id: visitAhead.id }])
  })

  test('N-62 the files go with the search for orphans', async () => {
    const files = () => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    expect(files()).toHaveLength(1)
    await removeOrphans(
      { ...world.parts, attachments: world.parts.attachments! },
      new Date(Date.now() + 7 * 86_400_000),
    )
    expect(files()).toHaveLength(0)
  })

  test('N-62 is an operator’s, and once what was ahead is over, it goes as well', async () => {
    for (const role of ['customer', 'provider', 'service'] as const) {
      const somebody = await world.as(role, 'ada')
      expect(await somebody.post('/customers/ada/erasure', {}), role).toMatchObject({ status: 403 })
    }
    await cancelled(visitAhead, ada!, 'no')
    await ada!.delete(`/waitlist/${stillWaiting.id}`)
    await delivered()
    const { body } = await olga!.post<Erasure>('/customers/ada/erasure', {})
    expect(body.kept.flatMap(({ ids }) => ids ?? [])).toEqual([])
    expect(Object.keys(await found()).filter((one) => !one.startsWith('qzbens'))).toEqual([])
    const again = await olga!.post<Erasure>('/customers/ada/erasure', {})
    const { temporal_histories: _, idempotency_keys: __, ...rows } = again.body.erased
    expect(Object.values(rows).filter((count) => count > 0)).toEqual([])
  })

  test('N-62 what a dead process had begun is ended by the next try', async () => {
    const carl = await world.as('customer', 'carl')
    const booking = await hold(carl, slots.order(words('carls')))
    expect(await carl.post(`/bookings/${booking.id}/cancel`, { reason: mark('carlsreason') })).toMatchObject({
      status: 200,
    })
    await until(
      carl,
      booking.id,
      ({ waiting_for, next_deadline }) => expect([waiting_for, next_deadline]).toEqual([null, null]),
      30,
    )
    const dies = () => Promise.reject(new Error('the process is gone'))
    await expect(erasePerson(world.parts.database, 'carl', dies)).rejects.toThrow('the process is gone')
    await eventually(async () => {
      const { body } = await olga!.post<Erasure>('/customers/carl/erasure', {})
      expect(body.erased['temporal_histories']).toBeGreaterThan(0)
    })
    expect(Object.keys(await found()).filter((one) => one.includes('carls'))).toEqual([])
  })

  test('N-62 somebody whom nobody knows is erased as well: there is nothing', async () => {
    const { status, body } = await olga!.post<Erasure>('/customers/nobody/erasure', {})
    expect(status).toBe(200)
    expect(Object.values(body.erased).filter((count) => count > 0)).toEqual([])
  })
})
