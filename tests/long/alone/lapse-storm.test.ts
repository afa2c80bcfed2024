import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BookingBody } from '../../../api/schemas/booking.ts'
import { hold, ledgerOf, until } from '../../support/booking.ts'
import type { Caller } from '../../support/caller.ts'
import { eventually } from '../../support/eventually.ts'
import { offerSeats } from '../../support/offers.ts'
import { startWorkerProcess, type WorkerProcess } from '../../support/worker-process.ts'
import { openWorld, type World } from '../../support/world.ts'

const SEATS = 2000
const AT_ONCE = 16
/** How long after the common expiry others may take the seats over. */
const GRACE_SECONDS = 2
/** How many holds are made first to see how long the others will take on this machine. */
const WARM_UP = 64
/** A hold that ends before everybody has theirs would spoil the storm. */
const SHORTEST_SECONDS = 10

let world: World
let worker: WorkerProcess
beforeAll(async () => {
  world = await openWorld({ worker: false, environment: { CREATE_CONCURRENCY: String(AT_ONCE) } })
  worker = await startWorkerProcess(world.config)
})
afterAll(async () => {
  try {
    await world.close()
  } finally {
    await worker.stop()
  }
})

test('X-14 2,000 holds lapse at one instant: all seats are on sale within a second, and nobody both loses the seat and is charged', async () => {
  const event = await offerSeats(world, SEATS, { lapse_grace_seconds: GRACE_SECONDS, processing_grace_seconds: 60 })
  const bookings = await holdAll(event.unitIds, event, Date.now() + (await timeToHold(SEATS)))
  const customer = await world.as('customer', 'crowd')
  // Policies count in whole seconds, so "one instant" is one second wide: what counts is the last of them.
  const expiry = Math.max(...bookings.map(({ hold: lease }) => Date.parse(lease?.expires_at ?? '')))

  // Some pay at the very end, some of them too late: the bank says yes to all.
  await setTimeout(expiry - Date.now() - 500)
  const payers = bookings.filter((_, index) => index % 40 === 0)
  const paying = Promise.all(payers.map((booking, index) => payAt(booking, expiry - 400 + index * 80)))

  const lapse = expiry + GRACE_SECONDS * 1000
  await setTimeout(lapse - Date.now())
  const operator = await world.as('operator', 'olga')
  const free = await eventually(async () => {
    const { body } = await operator.get<{ seats: { status: string }[] }>(`/events/${event.offeringId}/seats`)
    const available = body.seats.filter(({ status }) => status === 'available').length
    expect(available).toBeGreaterThanOrEqual(SEATS - payers.length)
    return { available, afterMs: Date.now() - lapse }
  }, 5)
  expect(free.afterMs).toBeLessThanOrEqual(1000)

  // They are really to be had: others take some over while the crowd's workflows are still busy expiring.
  const ben = await world.as('customer', 'ben')
  const wanted = event.unitIds.filter((_, index) => index % 40 === 1).slice(0, 20)
  const others = await Promise.all(
    // Whoever is told 503 in the crowd asks again under the same key.
    wanted.map((seat) => eventually(() => hold(ben, event.order({}, seat), { 'idempotency-key': seat }), 90)),
  )
  expect(others).toHaveLength(20)

  await paying
  await eventually(async () => {
    const open = await world.parts.database.booking.count({ where: { customerId: 'crowd', status: 'pending' } })
    expect(open).toBe(0)
  }, 240)
  for (const { id } of payers) {
    const ended = await until(customer, id, ({ waiting_for }) => expect(waiting_for).not.toBe('refund'))
    const { captured = 0, refunded = 0 } = await ledgerOf(world, id)
    const kept = captured - refunded
    expect(
      ended.status === 'confirmed' ? kept === 4500 : kept === 0,
      `${id} is ${ended.status} and ${kept} is kept`,
    ).toBe(true)
  }
}, 900_000)

/** How long so many holds take here, in milliseconds, with something to spare: all have to be made before the first one ends. */
async function timeToHold(seats: number): Promise<number> {
  const event = await offerSeats(world, 2 * WARM_UP)
  const customer = await world.as('customer', 'early-bird')
  let began = 0
  for (let first = 0; first < 2 * WARM_UP; first += AT_ONCE) {
    if (first === WARM_UP) began = Date.now()
    await Promise.all(event.unitIds.slice(first, first + AT_ONCE).map((seat) => hold(customer, event.order({}, seat))))
  }
  return 15_000 + 1.7 * (Date.now() - began) * (seats / WARM_UP)
}

/** Holds every seat, each with a hold that ends at the same instant: the policy is changed as time goes by (X-01: each keeps its own). */
async function holdAll(
  seats: readonly string[],
  event: Awaited<ReturnType<typeof offerSeats>>,
  expiry: number,
): Promise<BookingBody[]> {
  const operator = await world.as('operator', 'olga')
  const customer: Caller = await world.as('customer', 'crowd')
  const bookings: BookingBody[] = []
  for (let first = 0; first < seats.length; first += AT_ONCE) {
    // Should the machine be slower than it seemed at first, the last ones end a little later than the others.
    const seconds = Math.max(SHORTEST_SECONDS, Math.round((expiry - Date.now()) / 1000))
    const { status } = await operator.put(`/offerings/${event.offeringId}`, {
      profile: 'ticketing',
      name: 'Concert',
      price: { amount: 4500, currency: 'USD' },
      policy: { hold_seconds: seconds, lapse_grace_seconds: GRACE_SECONDS, processing_grace_seconds: 60 },
    })
    expect(status).toBe(200)
    const batch = seats.slice(first, first + AT_ONCE)
    // Whoever is told 503 in the crowd asks again under the same key.
    const held = batch.map((seat) =>
      eventually(() => hold(customer, event.order({}, seat), { 'idempotency-key': `crowd-${seat}` }), 30),
    )
    bookings.push(...(await Promise.all(held)))
  }
  return bookings
}

async function payAt({ payment }: BookingBody, at: number): Promise<void> {
  await setTimeout(Math.max(0, at - Date.now()))
  const answer = await world.service.post(`/api/v1/payments/intents/${payment?.intent_id}/confirm`, {
    client_secret: payment?.client_secret,
    payment_method: 'pm_card_visa',
  })
  // Too late even for the bank, the intent was cancelled by then, and nobody is charged.
  if (answer.status !== 200) expect(answer).toMatchObject({ status: 409, body: { code: 'invalid_state' } })
}
