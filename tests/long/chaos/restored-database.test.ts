import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BookingBody } from '../../../api/schemas/booking.ts'
import { auditInvariants } from '../../../prisma/invariants.ts'
import { findReport } from '../../../prisma/reconciliation.ts'
import { reconcileNow } from '../../../temporal/reconciliation.ts'
import type { BookingInput, BookingResult, ReconcileInput } from '../../../workflows/contract.ts'
import { backUp } from '../../support/backup.ts'
import { hold, ledgerOf, pay, until } from '../../support/booking.ts'
import type { Caller } from '../../support/caller.ts'
import { eventually } from '../../support/eventually.ts'
import { offerSeats, type Offer } from '../../support/offers.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let ada: Caller
let event: Offer
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
  event = await offerSeats(world, 10)
})
// The payment service knows of money that went back in the time the database has forgotten: a person is told, and the ledgers differ.
afterAll(() => world.close({ audit: false }))

const TAKEN = { authorized: 4500, captured: 4500 }
const GIVEN_BACK = { ...TAKEN, refunded: 4500 }

const reconcile = (input: ReconcileInput = {}) =>
  reconcileNow(world.parts.temporal, world.config.TASK_QUEUE, { repairs: true, graceSeconds: 0, ...input })
const statusOf = async (id: string) => (await world.parts.temporal.workflow.getHandle(id).describe()).status.name
const booked = (seat: number) => hold(ada, event.order({}, event.unitIds[seat]))

async function paid(booking: BookingBody): Promise<BookingBody> {
  await pay(world, booking)
  return until(ada, booking.id, { status: 'confirmed' })
}

async function cancelled({ id }: BookingBody): Promise<void> {
  expect((await ada.post(`/bookings/${id}/cancel`, {})).status).toBe(200)
  await until(ada, id, ({ refund }) => expect(refund?.status).toBe('completed'))
}

/** The first look after a restore finds connections that were cut. */
const healed = () => eventually(() => world.parts.database.$queryRaw`SELECT 1`)

test('H-25 A-21 a database restored to an earlier time: nobody is charged twice, what it does not know of is given back, and where no rule helps a person is called', async () => {
  const waiting = await booked(0)
  const standing = await paid(await booked(1))
  const [toBePaid, toBeCancelled, toBeUnasked] = [await booked(2), await paid(await booked(3)), await booked(4)]
  const toBeRegretted = await booked(8)
  expect(await reconcile()).toMatchObject({ open: 0, attention: 0 })
  const backup = await backUp(world.config.DATABASE_URL)
  await healed()

  await paid(toBePaid)
  await cancelled(toBeCancelled)
  expect((await ada.post(`/bookings/${toBeUnasked.id}/cancel`, {})).status).toBe(200)
  const [unpaid, bought, regretted] = [await booked(5), await paid(await booked(6)), await paid(await booked(7))]
  await cancelled(regretted)
  await paid(toBeRegretted)
  await cancelled(toBeRegretted)
  const slow = await booked(9)
  await pay(world, slow, 'pm_bank_slow', { processing_seconds: 20 })
  expect(await reconcile()).toMatchObject({ open: 0, attention: 0 })
  await backup.restore()
  await healed()

  // A run whose booking is gone says so, and ends: it must not go round in circles.
  const command = { by: { role: 'operator', id: 'olga' }, reason: 'not there' } as const
  await expect(world.parts.workflows.command(unpaid.id, 'cancel', command, 'gone')).rejects.toMatchObject({
    code: 'not_found',
  })
  const gone = world.parts.temporal.workflow.getHandle<(input: BookingInput) => Promise<BookingResult>>(unpaid.id)
  expect(await gone.result()).toMatchObject({ status: 'lost' })

  const { id, ...result } = await reconcile()
  const report = await findReport(world.parts.database, id)
  expect(report).toMatchObject({ restored: true })
  expect(result).toMatchObject({ open: 1, attention: 1 })
  const olga = await world.as('operator', 'olga')
  expect((await olga.get('/invariants')).body).toMatchObject({
    healthy: false,
    violations: [
      { invariant: '9 workflows', subject: slow.id, detail: expect.stringContaining('under way') as string },
    ],
    reconciliation: { id, restored: true, finished_at: expect.any(String) as string },
  })

  // Paid in the forgotten time: the same payment confirms it again, captured once.
  await until(ada, toBePaid.id, { status: 'confirmed' })
  for (const { id } of [toBePaid, standing]) expect(await ledgerOf(world, id)).toEqual(TAKEN)
  // Cancelled and refunded in the forgotten time: our database says that it stands, and the bank that nothing is kept. No rule says which.
  await until(ada, toBeCancelled.id, { status: 'confirmed', attention: { reason: 'payments_disagree' } as never })
  expect(await ledgerOf(world, toBeCancelled.id)).toEqual(GIVEN_BACK)
  expect(report?.discrepancies.filter(({ outcome }) => outcome === 'attention')).toMatchObject([
    { kind: 'payments', subject: toBeCancelled.id },
  ])
  // Paid, cancelled and refunded in the forgotten time, and unpaid in ours: what went back whole was never taken, and confirms nothing.
  await until(ada, toBeRegretted.id, { status: 'cancelled' })
  expect(await ledgerOf(world, toBeRegretted.id)).toEqual(GIVEN_BACK)
  // Never in this database: what was taken goes back once, and no run goes on.
  for (const { id } of [unpaid, bought]) {
    expect(report?.discrepancies).toContainEqual(
      expect.objectContaining({ kind: 'lost', subject: id, outcome: 'repaired' }),
    )
  }
  for (const booking of [bought, regretted]) expect(await ledgerOf(world, booking.id)).toEqual(GIVEN_BACK)
  for (const { id } of [unpaid, bought]) {
    expect((await ada.get(`/bookings/${id}`)).status).toBe(404)
    expect(await statusOf(id)).toBe('COMPLETED')
  }
  const [intent] = await world.parts.payments.listIntents(unpaid.id)
  expect(intent).toMatchObject({ status: 'cancelled' })
  await until(ada, waiting.id, { status: 'pending', waiting_for: 'payment' })
  await until(ada, toBeUnasked.id, { status: 'cancelled' })
  expect(await auditInvariants(world.parts.database)).toEqual([])

  // Once more, when the slow bank has said yes: what was settled stays settled.
  await eventually(async () => expect(await ledgerOf(world, slow.id)).toEqual({ captured: 4500 }), 30)
  const { id: next, ...again } = await reconcile()
  expect(again).toMatchObject({ open: 0, attention: 0 })
  expect(await findReport(world.parts.database, next)).toMatchObject({
    restored: false,
    discrepancies: [{ kind: 'lost', subject: slow.id, outcome: 'repaired' }],
  })
  expect(await ledgerOf(world, slow.id)).toEqual({ captured: 4500, refunded: 4500 })
  expect((await olga.get('/invariants')).body).toMatchObject({ healthy: true, violations: [] })
  await until(ada, toBeCancelled.id, { attention: { reason: 'payments_disagree' } as never })
  expect(await ledgerOf(world, bought.id)).toEqual(GIVEN_BACK)
}, 180_000)

test('H-25 a restore that cannot be noticed is named by whoever did it, and then bookings at rest are compared, too', async () => {
  await reconcile()
  const booking = await paid(await hold(ada, (await offerSeats(world)).order()))
  const refund = { intent_id: booking.payment?.intent_id, amount: 4500, currency: 'USD', reason: 'forgotten' }
  const key = { 'idempotency-key': 'forgotten-refund' }
  expect((await world.service.post('/api/v1/payments/refunds', refund, key)).status).toBe(201)
  const found = expect.objectContaining({ kind: 'payments', subject: booking.id, outcome: 'attention' }) as unknown
  const { id } = await reconcile({ restored: true })
  expect((await findReport(world.parts.database, id))?.discrepancies).toContainEqual(found)
  await until(ada, booking.id, { status: 'confirmed', attention: { reason: 'payments_disagree' } as never })
  expect(await ledgerOf(world, booking.id)).toEqual(GIVEN_BACK)
}, 60_000)

test('H-25 another database than the one that the bookings belong to: nothing is concluded from what is missing there', async () => {
  const held = await hold(ada, (await offerSeats(world)).order())
  const { database } = world.parts
  const [mine] = await database.installation.findMany()
  await database.$executeRaw`UPDATE installation SET id = gen_random_uuid()`
  try {
    await expect(reconcile()).rejects.toMatchObject({ cause: { cause: { type: 'another_database' } } })
  } finally {
    await database.$executeRaw`UPDATE installation SET id = ${mine!.id}::uuid`
  }
  await until(ada, held.id, { status: 'pending' })
}, 60_000)
