import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { hold, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { eventually } from '../support/eventually.ts'
import { startMailServer, type MailServer } from '../support/mail-server.ts'
import { offerSeats, offerSlots, offerTables, type Offer } from '../support/offers.ts'
import { expectFaultAt, expectRefused } from '../support/refusals.ts'
import { cancel, see, wait } from '../support/waitlist.ts'
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let [ada, eve, vet, otherVet, olga]: Caller[] = []
let offer: Offer
let worker: WorkerProcess
let mailServer: MailServer
beforeAll(async () => {
  mailServer = await startMailServer()
  world = await openWorld({
    worker: false,
    environment: { SMTP_URL: `smtp://127.0.0.1:${mailServer.port}`, MAIL_FROM: 'bookings@paws.test' },
  })
  worker = await startWorkerProcess(world.config)
  ada = await world.as('customer', 'ada')
  eve = await world.as('customer', 'eve')
  vet = await world.as('provider', 'vet')
  otherVet = await world.as('provider', 'other-vet')
  olga = await world.as('operator', 'olga')
  offer = await offerSlots(world, { capacity: 50, more: { provider: { id: 'vet', name: 'Dr. Vet' } } })
})
afterAll(async () => {
  await world.close()
  await worker.stop()
  await mailServer.close()
})

type Body = Record<string, unknown>
type Notification = { id: string; type: string; title: string; content: string; booking_id: string } & Body

async function confirmed(from = offer, customer = ada!): Promise<BookingBody> {
  const booking = await hold(customer, from.order({ customer: { email: `${customer.id}@example.test` } }))
  await pay(world, booking)
  return until(customer, booking.id, { status: 'confirmed' })
}

describe('notifications', () => {
  const listOf = async (somebody: Caller, query = '') =>
    (await somebody.get<{ notifications: Notification[]; next_cursor: string | null }>(`/notifications${query}`)).body
  const mailsTo = async (address: string) =>
    (await mailServer.mails()).filter(({ to }) => to.includes(address)).map(({ mail }) => mail.subject)
  const about = async (somebody: Caller, { id }: BookingBody, type: string): Promise<Notification> =>
    eventually(async () => {
      const found = (await listOf(somebody, '?limit=100')).notifications.find(
        (each) => each.booking_id === id && each.type === type,
      )
      if (found === undefined) throw new Error(`nobody told ${somebody.id} of ${type}`)
      return found
    })

  test('N-46 go to the corrected address; who corrected what is recorded, and what it is now is in the booking alone', async () => {
    const fred = await world.as('customer', 'fred')
    const booking = await confirmed(await offerTables(world), fred)
    const path = `/bookings/${booking.id}/contact`
    // What is on its way when the address is corrected goes to the corrected one.
    await eventually(async () => expect(await mailsTo('fred@example.test')).toHaveLength(1))
    const seen = { expected_version: booking.version }
    const key = { 'idempotency-key': `contact-${booking.id}` }
    const right = { email: 'right@example.test', phone: '+41 44 000', ...seen }
    const corrected = await fred.put<BookingBody>(path, right, key)
    expect(corrected).toMatchObject({
      status: 200,
      body: { version: booking.version + 1, customer: { id: 'fred', email: right.email, phone: right.phone } },
    })
    expect(await fred.put(path, right, key)).toMatchObject({ status: 200, body: { version: booking.version + 1 } })
    const named = { name: 'Fred', phone: null, reason: 'as in his passport', expected_version: booking.version + 1 }
    const after = await olga!.put<BookingBody>(path, named)
    expect(after.body.customer).toEqual({ id: 'fred', name: 'Fred', email: right.email, phone: null })

    const { body } = await olga!.get<{ history: Body[] }>(`/bookings/${booking.id}/history`)
    expect(body.history.slice(-2)).toMatchObject([
      { action: 'contact_corrected', actor: { role: 'customer', id: 'fred' }, reason: null },
      { action: 'contact_corrected', actor: { role: 'operator', id: 'olga' }, reason: named.reason },
    ])
    const told = await world.parts.database.outboxMessage.findMany({
      where: { bookingId: booking.id, version: { gt: booking.version } },
      orderBy: { id: 'asc' },
    })
    const ofVenue = ['booking.updated', { changed_fields: ['contact'] }]
    const ofEngine = ['booking.changed', { change: 'contact_corrected', changed: ['contact'] }]
    expect(told.map(({ eventType, payload }) => [eventType, payload])).toMatchObject([
      ofVenue,
      ofEngine,
      ofVenue,
      ofEngine,
    ])
    expect(JSON.stringify([body.history, told.map(({ payload }) => payload)])).not.toMatch(/right@|\+41 44|Fred"/)

    await fred.post(`/bookings/${booking.id}/cancel`, { expected_version: after.body.version })
    await about(fred, booking, 'refund_succeeded')
    await eventually(async () => expect(await mailsTo(right.email)).toHaveLength(2))
    // Also of what is over: whoever is owed money is to be reached.
    expect(await olga!.put(path, { email: 'later@example.test', expected_version: 0 })).toMatchObject({ status: 409 })
    const { body: last } = await olga!.get<BookingBody>(`/bookings/${booking.id}`)
    const later = { email: 'later@example.test', expected_version: last.version }
    expect(await olga!.put(path, later)).toMatchObject({ status: 200, body: { customer: { email: later.email } } })
    expect(await world.parts.database.withheld.count()).toBe(0)
  })

  test('N-46 correct nothing for others, nothing that means nothing, and nothing that was erased', async () => {
    const { id } = await confirmed()
    const path = `/bookings/${id}/contact`
    for (const other of [vet!, await world.as('service', 'robot')]) {
      expect(await other.put(path, { name: 'X' })).toMatchObject({ status: 403 })
    }
    expect(await eve!.put(path, { name: 'X' })).toMatchObject({ status: 404 })
    for (const body of [
      {},
      { reason: 'none' },
      { email: 'nobody' },
      { name: '' },
      { id: 'eve' },
      { phone: 'x\r\ny' },
    ]) {
      expect(await ada!.put(path, body)).toMatchObject({ status: 422, body: { code: 'validation_failed' } })
    }
    await world.parts.database.booking.update({ where: { id }, data: { contactErasedAt: new Date() } })
    expect(await ada!.put(path, { name: 'Ada' })).toMatchObject({ status: 409, body: { code: 'policy_forbids' } })
  })

  test('A-25 C-08 tell the customer of confirmation, cancellation and refund, in the list and by email', async () => {
    const booking = await confirmed()
    await ada!.post(`/bookings/${booking.id}/cancel`, { reason: 'ill' })
    for (const type of ['booking_confirmed', 'booking_cancelled', 'refund_succeeded']) {
      const { id } = await about(ada!, booking, type)
      const mail = await eventually(async () => {
        const found = (await mailServer.mails())
          .map(({ mail: each }) => each)
          .find(({ messageId }) => messageId === `<${id}@paws.test>`)
        expect(found?.to).toMatchObject([{ address: 'ada@example.test' }])
        return found
      })
      const listed = await eventually(async () => {
        const now = await about(ada!, booking, type)
        expect(now).toMatchObject({
          delivery_status: 'sent',
          delivery_attempts: [{ channel: 'email', outcome: 'sent' }],
        })
        return now
      })
      expect(mail?.subject).toBe(listed.title)
      expect(mail?.text?.trim()).toBe(listed.content)
      expect(listed.title).toContain(booking.reference)
    }
    expect((await about(ada!, booking, 'booking_cancelled')).content).toContain('150000.00 IDR is refunded')
  })

  test('C-08 C-04 tell of an approval that is needed, the provider too, and of one that was declined', async () => {
    const surgery = await offerSlots(world, { more: { requires_approval: true, provider: { id: 'vet' } } })
    const booking = await hold(ada!, surgery.order())
    await pay(world, booking)
    await until(ada!, booking.id, { status: 'awaiting_approval' })
    await about(ada!, booking, 'approval_needed')
    // Nobody knows an address of the provider: it stands in their list.
    await eventually(async () => {
      expect(await about(vet!, booking, 'approval_needed')).toMatchObject({
        delivery_status: 'skipped',
        user_id: 'vet',
      })
    })
    await vet!.post(`/bookings/${booking.id}/status`, { action: 'decline', reason: 'no_surgeon' })
    expect((await about(ada!, booking, 'approval_declined')).content).toContain('no surgeon')
    expect((await listOf(ada!)).notifications.filter((each) => each.booking_id === booking.id)).toHaveLength(2)
  })

  test('X-11 C-08 tell whoever waited, once, that it is their turn and until when, in the list and by email', async () => {
    const evening = await offerSeats(world, 1)
    const owner = await hold(ada!, evening.order())
    const ben = await world.as('customer', 'ben')
    const entry = await wait(ben, evening.order({ customer: { email: 'ben@example.test' } }))
    expect((await listOf(ben)).notifications).toEqual([])
    await cancel(ada!, owner)
    const told = await eventually(async () => {
      const { notifications } = await listOf(ben)
      expect(notifications).toMatchObject([{ type: 'waitlist_offered', delivery_status: 'sent' }])
      return notifications[0]!
    })
    const { offer } = await see(ben, entry)
    expect(told).toMatchObject({
      booking_id: null,
      waitlist_entry_id: entry.id,
      metadata: { profile: 'ticketing', expires_at: offer?.expires_at },
    })
    const mails = (await mailServer.mails()).filter(({ mail }) => mail.messageId === `<${told.id}@paws.test>`)
    expect(mails.map(({ mail }) => [mail.to?.[0]?.address, mail.subject])).toEqual([['ben@example.test', told.title]])

    // More rounds of the poller tell nothing more, neither do offers that are over.
    const again = await wait(ada!, evening.order({ customer: { email: 'ada@example.test' } }))
    await world.parts.database.waitlistEntry.update({
      where: { id: entry.id },
      data: { toldAt: null, offerExpiresAt: new Date(Date.now() - 1) },
    })
    await eventually(async () => expect((await see(ada!, again)).status).toBe('offered'))
    await eventually(async () => {
      const { notifications } = await listOf(ada!, '?unread=true&limit=1')
      expect(notifications).toMatchObject([{ type: 'waitlist_offered', waitlist_entry_id: again.id }])
    })
    expect((await listOf(ben)).notifications).toHaveLength(1)
    await ada!.delete(`/waitlist/${again.id}`)
  })

  test('A-25 are read once, at the first time, and can be asked for by what is unread', async () => {
    const zoe = await world.as('customer', 'zoe')
    const booking = await confirmed(await offerTables(world), zoe)
    const { id } = await about(zoe, booking, 'booking_confirmed')
    expect((await listOf(zoe, '?unread=true')).notifications.map((each) => each.id)).toEqual([id])
    const first = await zoe.post<Notification>(`/notifications/${id}/read`, {})
    expect(first).toMatchObject({ status: 200, body: { is_read: true, read_at: expect.any(String) as string } })
    const again = await zoe.post<Notification>(`/notifications/${id}/read`, {})
    expect(again.body['read_at']).toBe(first.body['read_at'])
    expect((await listOf(zoe, '?unread=true')).notifications).toEqual([])
    expect((await listOf(zoe)).notifications).toHaveLength(1)
  })

  test('A-25 A-34 are one’s own; operators look into anybody’s, and mark nothing as read for them', async () => {
    const booking = await confirmed()
    const { id } = await about(ada!, booking, 'booking_confirmed')
    expect((await listOf(eve!)).notifications).toEqual([])
    await expectRefused(world, () => eve!.get('/notifications?user_id=ada'), 'forbidden')
    expect((await listOf(olga!, '?user_id=ada&limit=100')).notifications.map((each) => each.id)).toContain(id)
    // The same name in another role is another list.
    const namesake = await world.as('provider', 'ada')
    expect((await listOf(namesake)).notifications).toEqual([])
    for (const somebody of [eve!, olga!, namesake]) {
      await expectRefused(world, () => somebody.post(`/notifications/${id}/read`, {}), 'not_found')
    }
  })

  test('A-25 A-32 with bad input are refused with a pointer', async () => {
    for (const [query, pointer] of [
      ['cursor=x', '/cursor'],
      ['limit=101', '/limit'],
      ['unread=yes', '/unread'],
    ] as const) {
      expectFaultAt(await expectRefused(world, () => ada!.get(`/notifications?${query}`), 'validation_failed'), pointer)
    }
    await expectRefused(world, () => ada!.post('/notifications/x/read', {}), 'validation_failed')
    const {
      notifications: [{ id } = { id: '' }],
    } = await listOf(ada!)
    expectFaultAt(
      await expectRefused(world, () => ada!.post(`/notifications/${id}/read`, { is_read: false }), 'validation_failed'),
      '/is_read',
    )
  })

  test('A-25 A-04 are listed newest first, page by page', async () => {
    const all = (await listOf(ada!, '?limit=100')).notifications.map(({ id }) => id)
    expect(all.length).toBeGreaterThan(5)
    const paged: string[] = []
    let cursor = ''
    do {
      const page = await listOf(ada!, `?limit=3${cursor}`)
      paged.push(...page.notifications.map(({ id }) => id))
      cursor = page.next_cursor === null ? '' : `&cursor=${page.next_cursor}`
    } while (cursor !== '')
    expect(paged).toEqual(all)
  })
})

describe('reminders', () => {
  test('C-09 A-34 are shown to those who see the booking, by the times of the policy, and cancelled with it', async () => {
    const booking = await confirmed()
    const path = `/bookings/${booking.id}/reminders`
    type Line = { reminder_type: string; scheduled_time: string; status: string }
    const lines = async () => (await ada!.get<{ reminders: Line[] }>(path)).body.reminders
    const at = (minutes: number) => new Date(Date.parse(booking.start ?? '') + minutes * 60_000).toISOString()
    expect(await lines()).toMatchObject([
      { reminder_type: 'upcoming', scheduled_time: at(-24 * 60), status: 'pending', delivery_channels: ['email'] },
      { reminder_type: 'check_in', scheduled_time: at(-30), status: 'pending' },
      { reminder_type: 'follow_up', scheduled_time: at(24 * 60), status: 'pending' },
      { reminder_type: 'review_request', scheduled_time: at(48 * 60), status: 'pending' },
    ])
    for (const other of [eve!, otherVet!]) await expectRefused(world, () => other.get(path), 'not_found')
    expect((await vet!.get(path)).status).toBe(200)
    await ada!.post(`/bookings/${booking.id}/cancel`, {})
    expect(new Set((await lines()).map(({ status }) => status))).toEqual(new Set(['cancelled']))
  })
})
