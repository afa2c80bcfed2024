import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { PaymentEvent } from '../../domain/facts.ts'
import { hold, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { offerSeats } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
let olga: Caller
beforeAll(async () => {
  world = await openWorld()
  ;[ada, olga] = [await world.as('customer', 'ada'), await world.as('operator', 'olga')]
})
afterAll(() => world?.close())

function notice(type: PaymentEvent['type'], intentId: string, amount: number): PaymentEvent {
  const id = `evt_${randomUUID()}`
  const rest = { currency: 'USD', method: 'card', failureCode: null, refundKey: null }
  return { id, type, intentId, amount, at: new Date().toISOString(), ...rest }
}

describe('a booking that was told something impossible', () => {
  test('N-19 stays operable: what the database refuses is put aside, a person is called, and it is cancelled as ever', async () => {
    const booking = await hold(ada, (await offerSeats(world)).order())
    // PostgreSQL keeps no NUL in a text. The doors refuse it, so it is told past them.
    const poison = {
      ...notice('failed', booking.payment?.intent_id ?? '', booking.amount),
      failureCode: 'declined\u0000',
    }
    expect(await world.parts.workflows.tell(booking.id, poison)).toBe('put_aside')
    const called = await until(olga, booking.id, ({ attention }) => expect(attention?.reason).toBe('write_refused'))
    expect(called).toMatchObject({ status: 'pending' })
    expect(called.available_actions).toEqual(expect.arrayContaining(['cancel', 'retry', 'force_release']))
    const looked = { operation: 'retry', reason: 'told the payment service' }
    expect(await olga.post<BookingBody>(`/bookings/${booking.id}/operations`, looked)).toMatchObject({
      status: 200,
      body: { attention: null },
    })
    expect(await ada.post(`/bookings/${booking.id}/cancel`, {})).toMatchObject({
      status: 200,
      body: { status: 'cancelled' },
    })
  })

  test('N-20 of an authorisation that the payment service does not know does not spin', async () => {
    const booking = await hold(ada, (await offerSeats(world)).order())
    expect((await ada.post(`/bookings/${booking.id}/cancel`, {})).status).toBe(200)
    await until(ada, booking.id, { status: 'cancelled', waiting_for: null })
    await world.parts.workflows.tell(booking.id, notice('authorized', `pi_${randomUUID()}`, booking.amount))
    await until(olga, booking.id, ({ attention }) => expect(attention?.reason).toBe('void_overdue'))
    const run = world.parts.temporal.workflow.getHandle(`${booking.id}.followup`)
    const before = (await run.describe()).historyLength
    await new Promise((resolve) => setTimeout(resolve, 3000))
    expect((await run.describe()).historyLength - before).toBeLessThanOrEqual(4)
    expect(before).toBeLessThan(40)
  })
})
