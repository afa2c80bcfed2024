import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../../api/schemas/booking.ts'
import { followupId, WORKFLOW_TYPE } from '../../../workflows/contract.ts'
import { hold, pay, until } from '../../support/booking.ts'
import type { Caller } from '../../support/caller.ts'
import { eventually } from '../../support/eventually.ts'
import { offerSeats } from '../../support/offers.ts'
import { sendWebhook } from '../../support/webhooks.ts'
import { startWorkerProcess, type WorkerProcess } from '../../support/worker-process.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let worker: WorkerProcess
let ada: Caller
beforeAll(async () => {
  world = await openWorld({ worker: false, environment: { SERVICE_DEADLINE_MS: '8000' } })
  worker = await startWorkerProcess(world.config)
  ada = await world.as('customer', 'ada')
})
afterEach(() => strike())
afterAll(async () => {
  await world?.close()
  await worker?.stop()
})

/** So long the bank's answer to a capture that it has made is on its way: longer than the inbox needs to tell of it in another way. */
const SLOW_MS = 6000
const SLOW_ANSWER = { service: 'payments', operation: 'capture', executed: true, delay_ms: SLOW_MS, times: 1 }
/** Taken, and answered with a no: the bad habit of payment services that makes sagas undo what worked. */
const FALSE_REFUSAL = { ...SLOW_ANSWER, status: 402 }
const NOT_TOLD = { service: 'webhooks', operation: 'payment_intent.succeeded', drop: true }

const PAID_ONCE = ['authorized 4500', 'captured 4500']

async function strike(...rules: object[]): Promise<void> {
  const { status, body } = await world.service.put('/control/faults', { rules })
  expect({ status, body }).toMatchObject({ status: 200 })
}

/** A seat that was paid for: its money is taken, and nobody here knows of it yet. */
async function capturedUnseen(...rules: object[]): Promise<BookingBody> {
  const booking = await hold(ada, (await offerSeats(world)).order())
  await strike(...rules)
  await pay(world, booking)
  await eventually(async () => expect(await moneyOf(booking)).toEqual(PAID_ONCE))
  expect((await ada.get<BookingBody>(`/bookings/${booking.id}`)).body).toMatchObject({ status: 'pending' })
  return booking
}

/** Each time that money moved, by the payment service's own ledger. */
async function moneyOf({ id }: BookingBody): Promise<string[]> {
  const { body } = await world.service.get<{ kind: string; amount: number }[]>(`/ledger?booking_id=${id}`)
  return body.map(({ kind, amount }) => `${kind} ${amount}`)
}

/** Everything that happened to the booking, once nothing is under way any more: its runs have ended. */
async function wholeStory({ id }: BookingBody): Promise<string[]> {
  await world.parts.temporal.workflow.getHandle(id).result()
  const { body } = await ada.get<{ history: { action: string }[] }>(`/bookings/${id}/history`)
  return body.history.map(({ action }) => action)
}

const CONFIRMED_ONCE = ['held', 'payment_requested', 'payment_authorized', 'payment_captured', 'confirmed']

async function killAndReplace(): Promise<void> {
  await worker.kill()
  worker = await startWorkerProcess(world.config)
}

describe('a good capture is kept', () => {
  test.each([
    ['a webhook tells of it', []],
    ['nobody tells of it', [NOT_TOLD]],
  ])(
    'H-09 when its answer is lost with the worker that waited for it, and %s',
    async (_, rules) => {
      const booking = await capturedUnseen(SLOW_ANSWER, ...rules)
      await killAndReplace()
      await until(ada, booking.id, { status: 'confirmed' }, 60)
      expect(await wholeStory(booking)).toEqual(CONFIRMED_ONCE)
      expect(await moneyOf(booking)).toEqual(PAID_ONCE)
    },
    120_000,
  )

  test('H-09 H-08 when a webhook says that it succeeded, and then its own answer says that it was refused', async () => {
    const booking = await capturedUnseen(FALSE_REFUSAL)
    const confirmed = await until(ada, booking.id, { status: 'confirmed' })
    expect(await wholeStory(booking)).toEqual(CONFIRMED_ONCE)
    expect((await ada.get<BookingBody>(`/bookings/${booking.id}`)).body).toEqual(confirmed)
    expect(await moneyOf(booking)).toEqual(PAID_ONCE)
  }, 60_000)

  test('H-09 when a second run of the booking saw it succeed, and the first one is told that it failed', async () => {
    const booking = await capturedUnseen(FALSE_REFUSAL, NOT_TOLD)
    const { temporal } = world.parts
    const beside = await temporal.workflow.start(WORKFLOW_TYPE, {
      workflowId: followupId(booking.id),
      taskQueue: world.config.TASK_QUEUE,
      args: [{ resume: { bookingId: booking.id } }],
    })
    const confirmed = await until(ada, booking.id, { status: 'confirmed' })
    expect((await temporal.workflow.getHandle(booking.id).describe()).status.name).toBe('RUNNING')
    expect(await wholeStory(booking)).toEqual(CONFIRMED_ONCE)
    expect(await beside.result()).toMatchObject({ status: 'confirmed', version: confirmed.version })
    expect((await ada.get<BookingBody>(`/bookings/${booking.id}`)).body).toEqual(confirmed)
    expect(await moneyOf(booking)).toEqual(PAID_ONCE)
  }, 60_000)

  test('H-09 H-08 when it is said afterwards to have failed, to be cancelled or to be still processing', async () => {
    const booking = await hold(ada, (await offerSeats(world)).order())
    await pay(world, booking)
    const confirmed = await until(ada, booking.id, { status: 'confirmed' })
    const ids: string[] = []
    for (const seconds of [-3600, 3600]) {
      const timestamp = new Date(Date.now() + seconds * 1000)
      for (const type of ['failed', 'cancelled', 'processing', 'authorized']) {
        const data = type === 'failed' ? { failure_code: 'card_declined' } : {}
        const told = await sendWebhook(world, booking, `payment_intent.${type}`, { timestamp, data })
        expect(told.status, `${type} ${JSON.stringify(told.body)}`).toBeLessThan(300)
        ids.push(told.id)
      }
    }
    await eventually(async () => {
      const stale = { eventId: { in: ids }, deliveredAt: { not: null } }
      expect(await world.parts.database.processedEvent.count({ where: stale })).toBe(ids.length)
    })
    expect((await ada.get<BookingBody>(`/bookings/${booking.id}`)).body).toEqual(confirmed)
    expect(await wholeStory(booking)).toEqual(CONFIRMED_ONCE)
    expect(await moneyOf(booking)).toEqual(PAID_ONCE)
  })
})

describe('a capture that nobody wants any more', () => {
  test('H-09 H-04 whose answer is lost is given back once, when the customer cancelled meanwhile and the worker died', async () => {
    const booking = await capturedUnseen(SLOW_ANSWER, { service: 'webhooks', duplicate: 2 })
    const key = { 'idempotency-key': randomUUID() }
    const cancel = () => ada.post<BookingBody>(`/bookings/${booking.id}/cancel`, { reason: 'ill' }, key)
    await Promise.all([cancel(), killAndReplace()])
    await eventually(
      async () => expect(await cancel()).toMatchObject({ status: 200, body: { status: 'cancelled' } }),
      60,
    )
    await until(
      ada,
      booking.id,
      ({ refund }) => expect(refund).toMatchObject({ amount: 4500, status: 'completed' }),
      60,
    )
    const story = await wholeStory(booking)
    expect(story.filter((action) => action === 'refund_requested')).toHaveLength(1)
    expect(await moneyOf(booking)).toEqual([...PAID_ONCE, 'refunded 4500'])
  }, 120_000)

  test('H-09 X-02 and one that was refused, but was made, is kept with its seat or given back, and never half', async () => {
    const booking = await capturedUnseen({ ...FALSE_REFUSAL, delay_ms: 500 }, NOT_TOLD)
    const ended = await until(
      ada,
      booking.id,
      ({ status, waiting_for }) => {
        expect({ isOver: status !== 'pending', waiting_for }).toEqual({ isOver: true, waiting_for: null })
      },
      30,
    )
    const story = await wholeStory(booking)
    expect(story).toContain('ended')
    const isKept = ended.status === 'confirmed'
    expect(await moneyOf(booking)).toEqual(isKept ? PAID_ONCE : [...PAID_ONCE, 'refunded 4500'])
  }, 60_000)
})
