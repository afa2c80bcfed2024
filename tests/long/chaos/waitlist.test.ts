import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BookingBody } from '../../../api/schemas/booking.ts'
import type { WaitlistEntryBody } from '../../../api/schemas/waitlist.ts'
import { hold, ledgerOf, pay, until } from '../../support/booking.ts'
import type { Caller } from '../../support/caller.ts'
import { eventually } from '../../support/eventually.ts'
import { offerSeats } from '../../support/offers.ts'
import { cancel, see, wait } from '../../support/waitlist.ts'
import { startWorkerProcess, type WorkerProcess } from '../../support/worker-process.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let worker: WorkerProcess
let [ada, ben, cleo]: Caller[] = []
beforeAll(async () => {
  world = await openWorld({ worker: false })
  worker = await startWorkerProcess(world.config)
  ada = await world.as('customer', 'ada')
  ben = await world.as('customer', 'ben')
  cleo = await world.as('customer', 'cleo')
})
afterAll(async () => {
  try {
    await world.close()
  } finally {
    await worker.stop()
  }
})

test('X-11 H-21 an offer whose time ends while no worker lives is kept for the next in line, and passes on when one is back', async () => {
  const event = await offerSeats(world, 1, { hold_seconds: 3, lapse_grace_seconds: 0 })
  const owner = await hold(ada!, event.order())
  const [first, second] = [await wait(ben!, event.order()), await wait(cleo!, event.order())]
  await cancel(ada!, owner)
  expect(await see(ben!, first)).toMatchObject({ status: 'offered' })
  await worker.kill()

  await eventually(async () => expect(await see(ben!, first)).toMatchObject({ status: 'expired' }))
  expect(await ben!.post(`/waitlist/${first.id}/accept`, {})).toMatchObject({ body: { code: 'hold_expired' } })
  // The lease has lapsed, and still nobody else gets what somebody waits for: no worker is needed to say so.
  expect(await ada!.post('/bookings', event.order())).toMatchObject({ status: 409, body: { code: 'sold_out' } })

  worker = await startWorkerProcess(world.config)
  await eventually(async () => expect(await see(cleo!, second)).toMatchObject({ status: 'offered' }))
  const entries = await world.parts.database.waitlistEntry.findMany({ orderBy: { position: 'asc' } })
  expect(entries.map(({ status }) => status)).toEqual(['expired', 'offered'])
})

test('X-11 A-30 a worker killed right after an acceptance took the units leaves one booking, one hold and one payment', async () => {
  const event = await offerSeats(world)
  const owner = await hold(ada!, event.order())
  const entry = await wait(ben!, event.order())
  await cancel(ada!, owner)
  const accept = () =>
    ben!.post<BookingBody>(`/waitlist/${entry.id}/accept`, {}, { 'idempotency-key': `accept-${entry.id}` })
  const firstAnswer = accept()
  await eventually(async () => {
    const { status } = await world.parts.database.waitlistEntry.findUniqueOrThrow({ where: { id: entry.id } })
    expect(status).toBe('accepted')
  })
  await worker.kill()
  worker = await startWorkerProcess(world.config)

  // The first answer may have got lost; under its key it comes again.
  expect([201, 503]).toContain((await firstAnswer).status)
  const booking = await eventually(async () => {
    const { status, body } = await accept()
    expect(status).toBe(201)
    return body
  }, 60)
  expect(await see(ben!, entry)).toMatchObject({ status: 'accepted', booking_id: booking.id })
  const payable = await until(ben!, booking.id, ({ payment }) => expect(payment).not.toBeNull(), 60)
  await pay(world, payable)
  await until(ben!, booking.id, { status: 'confirmed' }, 60)
  expect(await ledgerOf(world, booking.id)).toEqual({ authorized: 4500, captured: 4500 })
  const claims = await world.parts.database.claim.findMany({ where: { lockId: booking.id } })
  expect(claims.map(({ state }) => state)).toEqual(['committed'])
}, 120_000)

test('H-19 X-11 with workers killed all along, 12 seats that come free go to the first 12 of 30 in line, each once', async () => {
  const seats = 12
  const event = await offerSeats(world, seats)
  const owners = await Promise.all(event.unitIds.map((seat) => hold(ada!, event.order({}, seat))))
  const line = await Promise.all(Array.from({ length: 30 }, (_, n) => world.as('customer', `in-line-${n}`)))
  const entries: WaitlistEntryBody[] = []
  for (const [n, who] of line.entries()) entries.push(await wait(who, event.order({}, event.unitIds[n % seats])))
  const given = Promise.all(
    owners.map(({ id }) =>
      // Asked again under its key until a worker that lives has done it.
      eventually(async () => {
        const { status } = await ada!.post(`/bookings/${id}/cancel`, {}, { 'idempotency-key': `give-${id}` })
        expect(status).toBe(200)
      }, 90),
    ),
  )
  for (const _ of [1, 2]) {
    await worker.kill()
    worker = await startWorkerProcess(world.config)
  }
  await given
  await eventually(async () => {
    const now = await Promise.all(entries.map((entry, n) => see(line[n]!, entry)))
    expect(now.map(({ status }) => status)).toEqual(entries.map((_, n) => (n < seats ? 'offered' : 'waiting')))
  }, 60)
  const answers = await Promise.all(event.unitIds.map((seat) => ada!.post('/bookings', event.order({}, seat))))
  expect(answers.map(({ status }) => status)).toEqual(event.unitIds.map(() => 409))
}, 240_000)
