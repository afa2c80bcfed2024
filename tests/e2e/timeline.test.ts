import { serve } from '@hono/node-server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../../api/app.ts'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { TimelineLine } from '../../temporal/timeline/wording.ts'
import type { Config } from '../../config.ts'
import { wire } from '../../runtime/wire.ts'
import { followupId } from '../../workflows/contract.ts'
import { hold, pay, until } from '../support/booking.ts'
import { caller, type Caller } from '../support/caller.ts'
import { eventually } from '../support/eventually.ts'
import { offerSeats, offerSlots, offerTutor } from '../support/offers.ts'
import { freePort } from '../support/ports.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { openWorld, type World } from '../support/world.ts'

type Timeline = { source: string; note: string | null; entries: TimelineLine[] }

let world: World
let ada: Caller
let olga: Caller
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
  olga = await world.as('operator', 'olga')
})
afterAll(() => world.close())

async function timelineOf(id: string, somebody = olga): Promise<Timeline> {
  const { status, body } = await somebody.get<Timeline>(`/bookings/${id}/timeline`)
  expect({ status, body }).toMatchObject({ status: 200 })
  return body
}

const textsOf = ({ entries }: Timeline) => entries.map(({ text }) => text)

/** Expects these sentences in this order, others between them. */
function expectInOrder(texts: readonly string[], expected: readonly string[]): void {
  let from = 0
  for (const sentence of expected) {
    const at = texts.indexOf(sentence, from)
    expect({ sentence, found: at >= 0, texts }).toMatchObject({ found: true })
    from = at + 1
  }
}

/** Another process of the API on the same database, which looks for Temporal elsewhere; and Ada, who calls it. */
async function otherApi(more: Partial<Config>): Promise<{ ada: Caller; close: () => Promise<void> }> {
  const parts = await wire({ ...world.config, ...more }, 'other')
  const port = await freePort()
  const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
    const made = serve({ fetch: createApp(parts).fetch, port, hostname: '127.0.0.1' }, () => resolve(made))
  })
  const { body } = await world.service.post<{ access_token: string }>('/oauth/token', { sub: 'ada', role: 'customer' })
  return {
    ada: caller(`http://127.0.0.1:${port}/api/v1`, 'ada', body.access_token),
    async close() {
      await new Promise((resolve) => {
        server.close(resolve)
      })
      await parts.close()
    },
  }
}

describe('the timeline of a booking', () => {
  test('A-14 tells from Temporal what was asked, waited for, paid and undone, in the order it happened', async () => {
    const booking = await hold(ada, (await offerSlots(world)).order())
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed' })
    await ada.post(`/bookings/${booking.id}/cancel`, { reason: 'moved away' })
    await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))
    const timeline = await eventually(async () => {
      const told = await timelineOf(booking.id)
      expect(told.entries.at(-1)?.kind).toBe('ended_run')
      return told
    })
    expect(timeline).toMatchObject({ source: 'temporal', note: null })
    expectInOrder(textsOf(timeline), [
      'Customer ada asked for the booking.',
      'The units were held for customer ada.',
      'The customer can pay: 150000.00 IDR is due.',
      'The price was fixed: 150000.00 IDR.',
      'The payment service told: the payment is authorised (150000.00 IDR).',
      'The customer’s payment was authorised: 150000.00 IDR.',
      'The timer for the end of the hold was called off.',
      'Taking the authorised money was done.',
      'The money was taken: 150000.00 IDR.',
      'Customer ada asked to cancel: moved away.',
      'The booking was cancelled by customer ada: moved away.',
      'The refund of 150000.00 IDR was begun.',
      'The refund of 150000.00 IDR was done.',
      'The refund of 150000.00 IDR went through.',
      'The workflow ended: nothing more happens without a new message.',
    ])
    const { entries } = timeline
    expect(entries.map(({ at }) => at)).toEqual(entries.map(({ at }) => at).toSorted())
    const facts = entries.filter(({ version }) => version !== null).map(({ version }) => version)
    const { version } = (await ada.get<BookingBody>(`/bookings/${booking.id}`)).body
    expect(facts).toEqual(Array.from({ length: version }, (_, index) => index + 1))
    const { runId } = await world.parts.temporal.workflow.getHandle(booking.id).describe()
    for (const entry of entries.filter((each) => each.version === null)) {
      expect(entry).toMatchObject({ workflow_id: booking.id, run_id: runId, event_id: expect.any(Number) as number })
    }
    expect(entries.find(({ kind }) => kind === 'command')?.actor).toEqual({ role: 'customer', id: 'ada' })
    expect(JSON.stringify(timeline)).not.toContain(booking.payment?.client_secret)
  })

  test('A-14 X-07 tells of a refund that fails while it is tried again, and of every run that followed the first', async () => {
    const booking = await hold(ada, (await offerSeats(world)).order())
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed', waiting_for: null })
    await world.parts.temporal.workflow.getHandle(booking.id).result()
    await world.service.put('/control/faults', { rules: [{ service: 'payments', operation: 'refund', status: 503 }] })
    try {
      await ada.post(`/bookings/${booking.id}/cancel`, {})
      const pending = await eventually(async () => {
        const last = (await timelineOf(booking.id)).entries.at(-1)
        expect(last).toMatchObject({ kind: 'undo_pending', workflow_id: followupId(booking.id) })
        expect(last?.details['attempt']).toBeGreaterThan(1)
        return last
      })
      expect(pending?.text).toMatch(/^The refund of 45\.00 USD has failed so far; .*\(attempt \d\): .+\.$/)
      // Why is not for everybody.
      const seen = (await timelineOf(booking.id, ada)).entries.at(-1)
      expect(seen?.text).toMatch(/^The refund of 45\.00 USD has failed so far; .*\(attempt \d\)\.$/)
    } finally {
      await world.service.put('/control/faults', { rules: [] })
    }
    await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'), 40)
    const timeline = await timelineOf(booking.id)
    expectInOrder(textsOf(timeline), [
      'Customer ada asked for the booking.',
      'The workflow ended: nothing more happens without a new message.',
      'The booking was taken up again after it had come to rest.',
      'Customer ada asked to cancel.',
      'The refund of 45.00 USD was begun.',
    ])
    expect(
      textsOf(timeline).some((text) =>
        /^The refund of 45\.00 USD failed, and was tried again \(attempt \d\): .+/.test(text),
      ),
    ).toBe(true)
    expect(new Set(timeline.entries.map(({ run_id }) => run_id)).size).toBe(3)
  })

  test('A-14 tells the facts alone when Temporal keeps the history no longer, and says so', async () => {
    const booking = await hold(ada, (await offerSeats(world)).order())
    await ada.post(`/bookings/${booking.id}/cancel`, {})
    await until(ada, booking.id, { status: 'cancelled', waiting_for: null })
    // The server's own namespace is always there, and knows nothing of bookings; to be deleted here takes half a minute.
    const there = await otherApi({ TEMPORAL_NAMESPACE: 'temporal-system' })
    try {
      const timeline = await timelineOf(booking.id, there.ada)
      expect(timeline).toMatchObject({ source: 'history', note: expect.stringMatching(/does not keep/) as string })
      expectInOrder(textsOf(timeline), [
        'The units were held for customer ada.',
        'The booking was cancelled by customer ada: cancelled.',
      ])
      expect(timeline.entries.every(({ run_id, event_id }) => run_id === null && event_id === null)).toBe(true)
    } finally {
      await there.close()
    }
  })

  test('A-14 H-24 tells the facts alone when Temporal is out of reach or silent, within seconds', async () => {
    const booking = await hold(ada, (await offerSeats(world)).order())
    const [host = '', port] = world.config.TEMPORAL_ADDRESS.split(':')
    const proxy = await openTcpProxy(host, Number(port))
    const there = await otherApi({ TEMPORAL_ADDRESS: `127.0.0.1:${proxy.port}` })
    try {
      expect((await timelineOf(booking.id, there.ada)).source).toBe('temporal')
      for (const fail of [() => proxy.silence(), () => proxy.cut()]) {
        fail()
        const startedAt = performance.now()
        const timeline = await timelineOf(booking.id, there.ada)
        expect(performance.now() - startedAt).toBeLessThan(12_000)
        expect(timeline).toMatchObject({ source: 'history', note: expect.stringMatching(/out of reach/) as string })
        expect(textsOf(timeline)).toContain('The units were held for customer ada.')
      }
    } finally {
      await there.close()
      await proxy.close()
    }
  })

  test('A-14 A-34 is for those who may see the booking; a wrong id is refused', async () => {
    const offer = await offerTutor(world)
    const booking = await hold(await world.as('student', 'ada'), offer.order())
    const tutor = await world.as('provider', offer.offeringId)
    expect((await timelineOf(booking.id, tutor)).entries.length).toBeGreaterThan(3)
    for (const stranger of [await world.as('customer', 'eve'), await world.as('provider', 'eve')]) {
      expect(await stranger.get(`/bookings/${booking.id}/timeline`)).toMatchObject({
        status: 404,
        body: { code: 'not_found' },
      })
    }
    expect(await olga.get('/bookings/00000000-0000-4000-8000-000000000000/timeline')).toMatchObject({ status: 404 })
    expect(await olga.get('/bookings/x" OR "a"="a/timeline')).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/id' }] },
    })
    expect(await world.withToken(null).get(`/bookings/${booking.id}/timeline`)).toMatchObject({ status: 401 })
  })
})
