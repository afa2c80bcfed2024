import { expect } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { confirmed as confirmedFor, hold, pay, until } from './booking.ts'
import { eventually } from './eventually.ts'
import { offerSlots, type Offer } from './offers.ts'
import type { World } from './world.ts'

/** The workflow of an order that was refused: the one that ended without a booking. */
export async function refusedOne({ parts: { temporal, database }, config }: World): Promise<string> {
  return eventually(async () => {
    for await (const { workflowId } of temporal.workflow.list({ query: `TaskQueue = '${config.TASK_QUEUE}'` })) {
      const isBooking = (await database.booking.count({ where: { id: workflowId } })) > 0
      if (!isBooking && !workflowId.includes('.')) return workflowId
    }
    throw new Error('no workflow was refused')
  })
}

/** A booking of somebody by name, paid and confirmed. */
export async function confirmed(
  world: World,
  offer: Offer,
  name = 'ada',
  more: Record<string, unknown> = {},
): Promise<BookingBody> {
  return confirmedFor(world, await world.as('customer', name), offer, more)
}

export async function decided(world: World, action: 'approve' | 'decline', end: Partial<BookingBody>): Promise<string> {
  const booking = await hold(
    await world.as('customer', 'ada'),
    (await offerSlots(world, { more: { requires_approval: true } })).order(),
  )
  await pay(world, booking)
  await became(world, booking, { status: 'awaiting_approval' })
  const operator = await world.as('operator', 'olga')
  expect((await operator.post(`/bookings/${booking.id}/status`, { action })).status).toBe(200)
  return became(world, booking, end)
}

/** Confirmed and cancelled, and the bank will not hear of a refund: a person has to see to it. */
export async function refundFailed(world: World): Promise<BookingBody> {
  const booking = await confirmed(world, await offerSlots(world))
  await refundRefused(world, booking)
  return booking
}

export async function refundRefused(world: World, booking: BookingBody): Promise<void> {
  await withFault(world, { operation: 'refund', status: 422, code: 'amount_too_large' }, async () => {
    await cancel(world, booking)
    await became(world, booking, ({ attention }) => expect(attention?.reason).toBe('refund_failed'))
  })
}

export async function operated(world: World, { id }: BookingBody, operation: object): Promise<void> {
  const { status, body } = await (await world.as('operator', 'olga')).post(`/bookings/${id}/operations`, operation)
  expect({ status, body }).toMatchObject({ status: 200 })
}

export async function cancel(world: World, booking: BookingBody): Promise<void> {
  const ada = await world.as('customer', 'ada')
  expect((await ada.post(`/bookings/${booking.id}/cancel`, { reason: 'changed my mind' })).status).toBe(200)
}

/** The booking's id, once it stands as expected. */
export async function became(
  world: World,
  { id }: BookingBody,
  expected: Parameters<typeof until>[2],
): Promise<string> {
  await until(await world.as('operator', 'olga'), id, expected, 30)
  return id
}

export function refundIs(status: string): (booking: BookingBody) => void {
  return ({ refund }) => expect(refund?.status).toBe(status)
}

export async function change(world: World, { id, version }: BookingBody, wish: object): Promise<void> {
  const ada = await world.as('customer', 'ada')
  const { status, body } = await ada.put(`/bookings/${id}`, { ...wish, expected_version: version })
  expect({ status, body }).toMatchObject({ status: 200 })
}

/** A rule for the sandbox's payments while an operation is done. */
export async function withFault<Answer>(world: World, rule: object, operation: () => Promise<Answer>): Promise<Answer> {
  await world.service.put('/control/faults', { rules: [{ service: 'payments', ...rule }] })
  try {
    return await operation()
  } finally {
    await world.service.put('/control/faults', { rules: [] })
  }
}
