import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { hold, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { openStream, type Received, type Stream } from '../support/event-stream.ts'
import { eventually } from '../support/eventually.ts'
import { offerSeats, offerSlots, offerTutor } from '../support/offers.ts'
import { startServerProcess, type ServerProcess } from '../support/server-process.ts'
import { openWorld, type World } from '../support/world.ts'

const ADA = ['customer', 'ada'] as const
const OLGA = ['operator', 'olga'] as const

let world: World
let ada: Caller
/** A second replica of the API on the same database, a process of its own. */
let replica: ServerProcess
beforeAll(async () => {
  const environment = {
    EVENT_STREAM_SECONDS: '6',
    EVENT_STREAM_HEARTBEAT_SECONDS: '1',
    EVENT_STREAMS_PER_CALLER: '4',
    AUTH_LEEWAY_SECONDS: '0',
  }
  world = await openWorld({ environment })
  ada = await world.as('customer', 'ada')
  replica = await startServerProcess(world.config)
})
afterAll(async () => {
  await replica.stop()
  await world.close()
})

/** The events of a booking as they should come, from the history and the outbox. */
async function allOf(id: string): Promise<{ id: string; event: string }[]> {
  const { history } = (await ada.get<{ history: { version: number; action: string }[] }>(`/bookings/${id}/history`))
    .body
  const messages = await world.parts.database.outboxMessage.findMany({ where: { bookingId: id } })
  return history.flatMap(({ version, action }) => [
    { id: String(version), event: action },
    ...messages
      .filter((message) => message.version === version)
      .map(({ eventType }) => ({ id: `${version}.${eventType}`, event: eventType }))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  ])
}

const named = (events: readonly Received[]) => events.map(({ id, event }) => ({ id, event }))

async function received(stream: Stream, enough: (events: readonly Received[]) => boolean): Promise<void> {
  await eventually(() => (enough(stream.received) ? Promise.resolve() : Promise.reject(new Error('not yet'))))
}

const has = (event: string) => (events: readonly Received[]) => events.some((each) => each.event === event)

describe('the stream of a booking’s events', () => {
  test('A-15 K-07 has every fact as it happens and the messages of the outbox, without Kafka', async () => {
    const booking = await hold(ada, (await offerSlots(world)).order())
    const stream = await openStream(world, ADA, booking.id)
    expect(stream.status).toBe(200)
    await received(stream, has('payment_requested'))
    expect(stream.received.length).toBeLessThan(7)
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed', waiting_for: 'visit' })
    const expected = await allOf(booking.id)
    await received(stream, (events) => events.length >= expected.length)
    expect(named(stream.received)).toEqual(expected)
    expect(expected.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['held', 'reservation.created', 'confirmed', 'booking.confirmed']),
    )
    const { history } = (await ada.get<{ history: object[] }>(`/bookings/${booking.id}/history`)).body
    expect(stream.received.filter(({ id }) => !id.includes('.')).map(({ data }) => data)).toEqual(history)
    const rows = await world.parts.database.outboxMessage.findMany({ where: { bookingId: booking.id } })
    for (const { id, data } of stream.received.filter((event) => event.id.includes('.'))) {
      const row = rows.find(({ version, eventType }) => `${version}.${eventType}` === id)
      expect(data).toEqual({ id: row?.eventId, type: row?.eventType, payload: row?.payload })
    }
    expect(JSON.stringify(stream.received)).not.toContain(booking.payment?.client_secret)
    stream.leave()
    await stream.ended
  })

  test('N-53 ends with its token, and so does a long poll', async () => {
    const booking = await hold(ada, (await offerSlots(world)).order())
    const began = Date.now()
    const stream = await openStream(world, ADA, booking.id, { token: { expires_in: 3 } })
    expect(stream.status).toBe(200)
    const { body } = await world.service.post<{ access_token: string }>('/oauth/token', {
      sub: 'ada',
      role: 'customer',
      expires_in: 3,
    })
    const poll = await world.withToken(body.access_token).get(`/bookings/${booking.id}?wait=30&after_version=99`)
    await stream.ended
    // EVENT_STREAM_SECONDS is 6, and a poll may take 30.
    expect(Date.now() - began).toBeLessThan(6000)
    expect(poll.status).toBe(200)
  })

  test('A-15 goes on after Last-Event-ID without a gap and without a repetition, cut again and again, on two replicas, while facts arrive', async () => {
    const booking = await hold(ada, (await offerSlots(world)).order())
    const seen: Received[][] = [[], [], []]
    const story = { isOver: false }
    const readers = seen.map(async (events, reader) => {
      // Each is cut after so many events: one after each, one after two, one after five.
      const patience = [1, 2, 5][reader] ?? 1
      for (let turn = 0; !story.isOver || turn === 0; turn += 1) {
        const last = events.at(-1)?.id
        let stream: Stream | null = null
        let left = patience
        stream = await openStream(world, ['operator', `reader-${reader}`], booking.id, {
          ...(last !== undefined && { after: last }),
          apiUrl: turn % 2 === 0 ? world.apiUrl : replica.apiUrl,
          onEvent: (event) => {
            if (left === 0) return
            left -= 1
            events.push(event)
            if (left === 0) stream?.leave()
          },
        })
        expect(stream.status).toBe(200)
        // What came before the stream was known here is cut off now.
        if (left === 0) stream.leave()
        await stream.ended
      }
    })
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed' })
    await ada.post(`/bookings/${booking.id}/cancel`, { reason: 'ill' })
    await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))
    const expected = await allOf(booking.id)
    await eventually(
      () =>
        seen.every((events) => events.length >= expected.length)
          ? Promise.resolve()
          : Promise.reject(new Error('some are missing')),
      30,
    )
    story.isOver = true
    await Promise.all(readers)
    for (const events of seen) expect(named(events)).toEqual(expected)
    expect(expected.length).toBeGreaterThan(9)
  })

  test('A-15 stays open when the booking is at rest, and tells what wakes it', async () => {
    const booking = await hold(ada, (await offerSeats(world)).order())
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed', waiting_for: null })
    const { version } = (await ada.get<BookingBody>(`/bookings/${booking.id}`)).body
    const before = await allOf(booking.id)
    const stream = await openStream(world, ADA, booking.id, { after: before.at(-1)?.id ?? '' })
    await eventually(() => (stream.comments > 0 ? Promise.resolve() : Promise.reject(new Error('no heartbeat yet'))))
    expect(stream.received).toEqual([])
    await ada.post(`/bookings/${booking.id}/cancel`, {})
    await received(stream, has('ended'))
    expect(stream.received[0]).toMatchObject({ id: String(version + 1), event: 'ended', data: { status: 'cancelled' } })
    stream.leave()
  })

  test('A-15 ends after its time and when the process stops, and says when to come back', async () => {
    const booking = await hold(ada, (await offerSeats(world)).order())
    const [old, stopped] = [
      await openStream(world, OLGA, booking.id),
      await openStream(world, OLGA, booking.id, { apiUrl: replica.apiUrl }),
    ]
    await received(stopped, has('payment_requested'))
    const startedAt = performance.now()
    expect(await replica.stop()).toBe(0)
    await stopped.ended
    // Its time was not over: the process did not wait for that.
    expect(performance.now() - startedAt).toBeLessThan(4000)
    expect(stopped.retry).toBe(1000)
    await old.ended
    expect(old).toMatchObject({ status: 200, retry: 1000 })
    expect(named(old.received)).toEqual(await allOf(booking.id))
  })

  test('A-15 A-35 are at most so many for one caller, and one that is left makes room', async () => {
    const booking = await hold(ada, (await offerSeats(world)).order())
    const mine = await Promise.all([1, 2, 3, 4].map(() => openStream(world, ADA, booking.id)))
    expect(mine.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(await ada.get(`/bookings/${booking.id}/events`)).toMatchObject({
      status: 429,
      body: { code: 'rate_limited' },
    })
    const other = await openStream(world, OLGA, booking.id)
    expect(other.status).toBe(200)
    other.leave()
    mine[0]?.leave()
    const again = await eventually(async () => {
      const stream = await openStream(world, ADA, booking.id)
      expect(stream.status).toBe(200)
      return stream
    }, 4)
    for (const stream of [again, ...mine]) stream.leave()
  })

  test('A-15 A-34 are for those who may see the booking; for others there is none', async () => {
    const offer = await offerTutor(world)
    const booking = await hold(await world.as('student', 'ada'), offer.order())
    const tutor = await openStream(world, ['provider', offer.offeringId], booking.id)
    expect(tutor.status).toBe(200)
    tutor.leave()
    for (const stranger of [await world.as('customer', 'eve'), await world.as('provider', 'eve')]) {
      const answer = await stranger.get(`/bookings/${booking.id}/events`)
      expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } })
    }
    expect(await ada.get('/bookings/00000000-0000-4000-8000-000000000000/events')).toMatchObject({ status: 404 })
    expect(await world.withToken(null).get(`/bookings/${booking.id}/events`)).toMatchObject({ status: 401 })
  })

  test.each(['x', '-1', '1.', '1.a b', '1;2', '9999999999', '999', '1.5.é'])(
    'A-15 A-32 %j is no id to go on after',
    async (id) => {
      const booking = await hold(ada, (await offerSeats(world)).order())
      const path = `/bookings/${booking.id}/events`
      const refusal = { status: 422, body: { code: 'validation_failed', errors: [{ pointer: '/last-event-id' }] } }
      expect(await ada.get(`${path}?last_event_id=${encodeURIComponent(id)}`)).toMatchObject(refusal)
      if (!id.includes('é')) expect(await ada.get(path, { 'last-event-id': id })).toMatchObject(refusal)
      expect(await ada.get('/bookings/nobody/events')).toMatchObject({
        status: 422,
        body: { errors: [{ pointer: '/id' }] },
      })
    },
  )
})
