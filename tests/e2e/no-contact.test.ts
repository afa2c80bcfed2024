import { temporal } from '@temporalio/proto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { hold, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { offerCourse, offerSeats, offerSlots, offerTables, offerTutor, type Offer } from '../support/offers.ts'
import { withFault } from '../support/story-steps.ts'
import { openWorld, type World } from '../support/world.ts'

/** What nobody would write by chance. */
const GUEST = { name: 'Zebulon Quirinus', email: 'zebulon@quirinus.example', phone: '+99 4711 0815' }
const OTHER = { name: 'Xanthippe Quirinus', email: 'xanthippe@quirinus.example', phone: '+99 4711 0816' }
const MARKS = [...Object.values(GUEST), ...Object.values(OTHER), 'quirinus', '4711 081']

let world: World
let ada: Caller
let olga: Caller
let offers: Record<'tutoring' | 'clinic' | 'ticketing' | 'venue' | 'course', () => Promise<Offer>>
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
  olga = await world.as('operator', 'olga')
  offers = {
    tutoring: () => offerTutor(world),
    clinic: () => offerSlots(world, { slots: 2 }),
    ticketing: () => offerSeats(world, 3),
    venue: () => offerTables(world, [4, 4]),
    course: () => offerCourse(world),
  }
})
afterAll(() => world.close())

const seen = async (booking: BookingBody) => (await olga.get<BookingBody>(`/bookings/${booking.id}`)).body

/** Everything that Temporal keeps of every run: histories as they are stored, and what is shown beside them. */
async function everythingAtTemporal(): Promise<string> {
  const client = world.parts.temporal
  // Other files have their runs on the same server, and delete some.
  const query = `TaskQueue = '${world.config.TASK_QUEUE}'`
  const texts: string[] = []
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory()
    const bytes = temporal.api.history.v1.History.encode(temporal.api.history.v1.History.fromObject(history)).finish()
    const { raw } = await client.workflow.getHandle(workflowId, runId).describe()
    texts.push(Buffer.from(bytes).toString('utf8'), JSON.stringify(raw))
  }
  return texts.join('\n')
}

describe('N-24 what Temporal keeps, with no keys set', () => {
  test.each(['tutoring', 'clinic', 'ticketing', 'venue', 'course'] as const)(
    'a story of %s is played with marks',
    async (name) => {
      const offer = await offers[name]()
      // Held, paid, corrected, changed, cancelled, and the money given back.
      const booking = await hold(ada, offer.order({ customer: GUEST }))
      expect(booking.customer).toMatchObject(GUEST)
      expect(booking.payment?.client_secret).toBeTruthy()
      await pay(world, booking)
      const confirmed = await until(ada, booking.id, { status: 'confirmed' })
      expect(confirmed).toMatchObject({ customer: GUEST, payment: { client_secret: booking.payment?.client_secret } })
      const corrected = await ada.put<BookingBody>(`/bookings/${booking.id}/contact`, {
        ...OTHER,
        expected_version: confirmed.version,
      })
      expect(corrected).toMatchObject({ status: 200, body: { customer: OTHER } })
      const { version } = corrected.body
      expect(
        (await ada.put(`/bookings/${booking.id}`, { notes: 'by the window', expected_version: version })).status,
      ).toBe(200)
      await ada.post(`/bookings/${booking.id}/cancel`, { reason: 'ill', expected_version: version + 1 })
      await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))
      expect(await seen(booking)).toMatchObject({ customer: OTHER, snapshots: confirmed.snapshots })

      // The payment service is slow at first: the intent is asked for by an activity of its own.
      const second = (await offers[name]()).order({ customer: GUEST })
      const late = await withFault(world, { operation: 'create_intent', status: 503 }, () => hold(ada, second))
      expect(late.payment).toBeNull()
      const asked = await until(ada, late.id, ({ payment }) => expect(payment?.client_secret).toBeTruthy())
      await pay(world, asked)
      expect(await until(ada, late.id, { status: 'confirmed' })).toMatchObject({ customer: GUEST })
    },
  )

  test('an operator books for somebody, in two steps and from the waitlist', async () => {
    const customer = { id: 'ada', ...GUEST }
    const reserved = await olga.post<{ reservation_id: string }>(
      '/reservations',
      (await offerSlots(world)).order({ customer }),
    )
    expect(reserved.status).toBe(201)
    expect((await ada.post(`/reservations/${reserved.body.reservation_id}/confirm`, {})).status).toBe(200)
    const sold = await offerSlots(world)
    const first = await hold(ada, sold.order())
    const entry = await olga.post<{ id: string }>('/waitlist', sold.order({ customer }))
    expect(entry.status).toBe(201)
    await ada.post(`/bookings/${first.id}/cancel`, {})
    const accepted = await olga.post<BookingBody>(`/waitlist/${entry.body.id}/accept`, {})
    expect(accepted).toMatchObject({ status: 201, body: { customer } })
    expect(await world.parts.database.withheld.count()).toBe(0)
  })

  test('and none of it is there: no name, address, number or secret', async () => {
    const kept = await everythingAtTemporal()
    const secrets = await world.parts.database.payment.findMany({ select: { clientSecret: true } })
    expect(secrets.length).toBeGreaterThan(10)
    expect(kept.length).toBeGreaterThan(100_000)
    expect(kept).toContain('by the window')
    for (const mark of [...MARKS, ...secrets.map(({ clientSecret }) => clientSecret!)]) {
      expect(mark.length).toBeGreaterThan(6)
      const found = kept.indexOf(mark)
      expect(found < 0 ? null : kept.slice(Math.max(0, found - 300), found + 100), mark).toBeNull()
    }
  })
})
