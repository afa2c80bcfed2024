import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { BookingBody } from '../../../api/schemas/booking.ts'
import { pay, until } from '../booking.ts'
import type { Answer, Caller } from '../caller.ts'
import { payChange } from '../changes.ts'
import { inDays, offerSeats, offerSlots, offerTables, offerTutor } from '../offers.ts'
import type { World } from '../world.ts'

/**
 * A story lived through at a world, from its first request on; answers with the booking it was about, and what else must be the same in the end. `holdSeconds` is how long a
 * hold lasts where the story waits for its end. `isLate`: it ended before its payment was asked for, so this was another story than the one that was to be told.
 */
export type Story = (
  world: World,
  holdSeconds: number,
) => Promise<{ readonly bookingId: string; readonly besides?: object; readonly isLate?: boolean }>

/**
 * How long a hold lasts where the story waits for its end, at the first telling. A worker that dies while it is being made costs five seconds and another one's start, and then
 * there must still be time to ask for the payment. How long that takes is the machine's business: who was late tells it again with a hold that is twice as long.
 */
export const HOLD_SECONDS = 24

/** Long enough for a crash: a hold whose payment service is asked about by a dead worker is extended, and not given up. */
const expiring = (holdSeconds: number) => ({
  hold_seconds: holdSeconds,
  extend_seconds: 3,
  lapse_grace_seconds: 30,
  processing_grace_seconds: 120,
})

/** How long anything may take with a crash in the middle. */
const PATIENCE = 120

/** A lesson, paid by card, with its link. */
export const paid: Story = async (world) => {
  const student = await newPerson(world, 'student')
  const lesson = await offerTutor(world)
  const booking = await make(world, student, lesson.order())
  await payByCard(world, booking)
  await until(student, booking.id, { status: 'confirmed' }, PATIENCE)
  return { bookingId: booking.id }
}

/** A visit to the vet that nobody pays for. */
export const expired: Story = async (world, holdSeconds) => {
  const owner = await newPerson(world, 'customer')
  const petId = `pet-${randomUUID()}`
  const pet = { owner_id: owner.id, name: 'Rex', species: 'dog' }
  expect((await world.service.put(`/control/pets/${petId}`, pet)).status).toBe(200)
  const visit = await offerSlots(world, { policy: expiring(holdSeconds) })
  const booking = await make(world, owner, visit.order({ pet_id: petId }))
  await until(owner, booking.id, { status: 'expired' }, PATIENCE + holdSeconds)
  return { bookingId: booking.id, isLate: await wasLate(world, booking, holdSeconds) }
}

/** A seat, paid for and cancelled in time, after its workflow had ended: the money goes back. */
export const refunded: Story = async (world) => {
  const customer = await newPerson(world, 'customer')
  const concert = await offerSeats(world)
  const booking = await make(world, customer, concert.order())
  await payByCard(world, booking)
  await until(customer, booking.id, { status: 'confirmed' }, PATIENCE)
  await world.parts.temporal.workflow.getHandle(booking.id).result()
  await tellEverything(world)
  await insist(() => customer.post(`/bookings/${booking.id}/cancel`, { reason: 'ill' }, keyOf(booking, 'cancel')), 200)
  await until(customer, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'), PATIENCE)
  return { bookingId: booking.id }
}

/** A visit whose payment is asked for late, authorised, and declined by the clinic: the authorisation is voided. */
export const declined: Story = async (world) => {
  const [owner, operator] = [await newPerson(world, 'customer'), await world.as('operator', 'olga')]
  const visit = await offerSlots(world, { more: { requires_approval: true } })
  const failing = { service: 'payments', operation: 'create_intent', status: 503, times: 1 }
  const booking = await make(world, owner, visit.order(), failing)
  await payByCard(world, booking)
  await until(owner, booking.id, { status: 'awaiting_approval' }, PATIENCE)
  const decline = { action: 'decline', reason: 'fully booked' }
  await insist(() => operator.post(`/bookings/${booking.id}/status`, decline, keyOf(booking, 'decline')), 200)
  await until(owner, booking.id, ({ payment }) => expect(payment?.status).toBe('cancelled'), PATIENCE)
  return { bookingId: booking.id }
}

/** A table at another inventory, kept while the bank is slow, had, and given back. */
export const elsewhere: Story = async (world, holdSeconds) => {
  const guest = await newPerson(world, 'customer')
  const dinner = await offerTables(world, [4], expiring(holdSeconds))
  const units = [{ offering_id: dinner.offeringId, unit_id: 'T1', kind: 'range', min_party: 1, max_party: 4 }]
  expect((await world.service.put('/control/inventory/units', { units })).status).toBe(200)
  const booking = await make(world, guest, dinner.order())
  if (booking.payment === null) return { bookingId: booking.id, isLate: true }
  await pay(world, booking, 'pm_bank_slow', { processing_seconds: holdSeconds + 1, outcome: 'succeeded' })
  await tellEverything(world)
  const { version } = await until(guest, booking.id, { status: 'confirmed' }, PATIENCE + holdSeconds)
  const wish = { expected_version: version }
  await insist(() => guest.post(`/bookings/${booking.id}/cancel`, wish, keyOf(booking, 'cancel')), 200)
  await until(guest, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'), PATIENCE)
  const item = { item_id: '1', offering_id: dinner.offeringId, unit_id: 'T1', start: inDays(7), end: inDays(7, 1) }
  const { body: free } = await world.service.post('/api/v1/inventory/check-availability', { items: [item] })
  return { bookingId: booking.id, besides: { free: free['items'] }, isLate: await wasLate(world, booking, holdSeconds) }
}

/** A paid table that is moved to another day for more people: the supplement is paid, and the one table changes for the other (H-11). */
export const moved: Story = async (world) => {
  const guest = await newPerson(world, 'customer')
  const dinner = await offerTables(world)
  const booking = await make(world, guest, dinner.order())
  await payByCard(world, booking)
  const { version } = await until(guest, booking.id, { status: 'confirmed' }, PATIENCE)
  const items = [{ offering_id: dinner.offeringId, start: inDays(8) }]
  const wish = { items, party_size: 4, expected_version: version }
  await insist(() => guest.put(`/bookings/${booking.id}`, wish, keyOf(booking, 'change')), 200)
  await until(guest, booking.id, ({ change }) => expect(change?.payment).not.toBeNull(), PATIENCE)
  await payChange(world, guest, booking.id)
  await tellEverything(world)
  const { start, party_size, amount } = await until(guest, booking.id, { change: null, start: inDays(8) }, PATIENCE)
  return { bookingId: booking.id, besides: { start, party_size, amount } }
}

/** Somebody who has not booked before. */
function newPerson(world: World, role: 'student' | 'customer'): Promise<Caller> {
  return world.as(role, `ada-${randomUUID()}`)
}

/**
 * Creates a booking as a careful client does, by one key. What the payment service tells by itself is told a second later than what it answers: in a story where nobody
 * dies the order is always the same, and in one where somebody does, the news arrives while nobody is there.
 */
async function make(world: World, customer: Caller, order: object, ...faults: object[]): Promise<BookingBody> {
  await world.service.put('/control/faults', { rules: [...faults, { service: 'webhooks', delay_ms: 1000 }] })
  const key = { 'idempotency-key': randomUUID() }
  const { body } = await insist(() => customer.post<BookingBody>('/bookings', order, key), 201)
  return until(
    customer,
    body.id,
    ({ payment, status }) => expect(payment !== null || status === 'expired').toBe(true),
    PATIENCE,
  )
}

/** Was the payment asked for only when the hold, as it was made, was over? */
async function wasLate({ parts }: World, { id }: BookingBody, holdSeconds: number): Promise<boolean> {
  const first = (factType: string) =>
    parts.database.historyEntry.findFirst({ where: { bookingId: id, factType }, orderBy: { version: 'asc' } })
  const [held, requested] = [await first('held'), await first('payment_requested')]
  if (held === null || requested === null) return true
  return requested.at.getTime() - held.at.getTime() > holdSeconds * 1000
}

async function payByCard(world: World, booking: BookingBody): Promise<void> {
  await pay(world, booking)
  await tellEverything(world)
}

/** Everything the payment service has to tell is told now. While nobody is there to hear it, that takes its time. */
async function tellEverything(world: World): Promise<void> {
  await world.service.post('/control/webhooks/flush', {})
}

/** Asks again, under the same key, as long as the answer is that it cannot be done now. */
async function insist<Body>(ask: () => Promise<Answer<Body>>, expected: number): Promise<Answer<Body>> {
  const patientUntil = Date.now() + PATIENCE * 1000
  let answer = await ask()
  while (answer.status === 503 && Date.now() < patientUntil) answer = await ask()
  expect(answer.status, JSON.stringify(answer.body)).toBe(expected)
  return answer
}

function keyOf(booking: BookingBody, operation: string): Record<string, string> {
  return { 'idempotency-key': `${operation}-${booking.id}` }
}
