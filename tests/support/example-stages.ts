import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { asOfToday } from '../../api/examples/moments.ts'
import { ORDERS } from '../../api/examples/orders.ts'
import { hold, pay, until } from './booking.ts'
import type { Caller } from './caller.ts'
import type { Document } from './document.ts'
import { eventually } from './eventually.ts'
import type { World } from './world.ts'

/** Who sends an example, and where. */
export type Sent = {
  readonly who: Caller
  readonly path: string
  readonly after?: (body: BookingBody) => Promise<unknown>
}
export type Stages = Readonly<Record<string, (example: string) => Promise<Sent>>>

/** A held and a paid booking of an example, for tests that need one. */
export type Actors = {
  readonly stages: Stages
  confirmed(name: keyof typeof ORDERS): Promise<{ who: Caller; booking: BookingBody }>
}

/** Where the examples of the OpenAPI document can be sent, in a world that has the demo data. */
export function actorsIn(world: World, olga: Caller, document: Document): Actors {
  const somebody = () => world.as('customer', `ada-${randomUUID().slice(0, 8)}`)
  const order = (name: keyof typeof ORDERS) =>
    JSON.parse(asOfToday(JSON.stringify(ORDERS[name].value), new Date())) as object

  async function held(name: keyof typeof ORDERS): Promise<{ who: Caller; booking: BookingBody }> {
    const who = await somebody()
    return { who, booking: await hold(who, order(name)) }
  }

  async function confirmed(name: keyof typeof ORDERS): Promise<{ who: Caller; booking: BookingBody }> {
    const { who, booking } = await held(name)
    await pay(world, booking)
    return { who, booking: await until(who, booking.id, { status: 'confirmed' }) }
  }

  async function completed(): Promise<{ who: Caller; booking: BookingBody }> {
    const { who, booking } = await confirmed('clinicOrder')
    for (const action of ['start', 'complete']) {
      expect((await olga.post(`/bookings/${booking.id}/status`, { action, reason: 'came early' })).status).toBe(200)
    }
    return { who, booking }
  }

  /** Given back, so that the next example finds it free. */
  const givenBack = (who: Caller) => (body: BookingBody & { booking?: BookingBody }) => {
    const { id, version } = body.booking ?? body
    return who.post(`/bookings/${id}/cancel`, { expected_version: version })
  }

  /** The course has no place left, or any number. */
  async function places(left: 'none' | 'any'): Promise<void> {
    const { body } = await olga.get<{ units: { booked_count: number }[] }>('/offerings/demo-course/units')
    const capacity = left === 'any' ? null : body.units[0]?.booked_count
    const { value } = document.components.examples['courseOffering'] ?? { value: {} }
    expect(await olga.put('/offerings/demo-course', { ...value, capacity })).toMatchObject({ status: 200 })
  }

  async function endpoint(): Promise<string> {
    const { value } = document.components.examples['endpoint'] ?? { value: {} }
    return (await olga.post<{ id: string }>('/webhook-endpoints', value)).body.id
  }

  /** A course without an end is never over. */
  async function visit(example: string): Promise<Sent> {
    const { booking } = await confirmed(example === 'complete' ? 'clinicOrder' : 'courseOrder')
    return { who: olga, path: `/bookings/${booking.id}/status` }
  }

  const onHeld = (name: keyof typeof ORDERS, rest: string) => async (): Promise<Sent> => {
    const { who, booking } = await held(name)
    return { who, path: `/bookings/${booking.id}${rest}` }
  }

  /** How each operation with a body comes to stand where its examples work. A new operation needs its line here. */
  const stages: Stages = {
    'post /bookings': async () => {
      const who = await somebody()
      return { who, path: '/bookings', after: givenBack(who) }
    },
    'post /reservations': async () => {
      const who = await somebody()
      return { who, path: '/reservations', after: givenBack(who) }
    },
    'post /bookings/availability/check': async () => ({ who: await somebody(), path: '/bookings/availability/check' }),
    'put /bookings/{id}': onHeld('venueOrder', ''),
    'put /bookings/{id}/contact': onHeld('clinicOrder', '/contact'),
    'post /bookings/{id}/extend': onHeld('clinicOrder', '/extend'),
    'post /bookings/{id}/cancel': async () => {
      const { who, booking } = await confirmed('ticketingOrder')
      return { who, path: `/bookings/${booking.id}/cancel` }
    },
    'post /bookings/{id}/status': visit,
    'put /bookings/{id}/status': visit,
    'post /bookings/{id}/operations': async () => {
      const { booking } = await held('clinicOrder')
      return { who: olga, path: `/bookings/${booking.id}/operations` }
    },
    'post /customers/{customer_id}/erasure': async () => ({ who: olga, path: `/customers/${randomUUID()}/erasure` }),
    'post /bookings/{id}/payment-facts': async (example) => {
      const { who, booking } = await held('clinicOrder')
      if (example === 'payment') {
        await pay(world, booking)
        await until(who, booking.id, { status: 'confirmed' })
      }
      return { who: await world.as('service', 'till'), path: `/bookings/${booking.id}/payment-facts` }
    },
    'post /reservations/{id}/confirm': async () => {
      const who = await somebody()
      const { body } = await who.post<{ reservation_id: string }>('/reservations', order('ticketingOrder'))
      return { who, path: `/reservations/${body.reservation_id}/confirm` }
    },
    'post /waitlist': async () => {
      await places('none')
      const who = await somebody()
      const after = async ({ id }: BookingBody) => {
        expect((await who.delete(`/waitlist/${id}`)).status).toBe(200)
        await places('any')
      }
      return { who, path: '/waitlist', after }
    },
    'post /waitlist/{id}/accept': async () => {
      const who = await somebody()
      await places('none')
      const { body } = await who.post<{ id: string }>('/waitlist', order('courseOrder'))
      await places('any')
      await eventually(async () =>
        expect((await who.get(`/waitlist/${body.id}`)).body).toMatchObject({ status: 'offered' }),
      )
      return { who, path: `/waitlist/${body.id}/accept` }
    },
    'post /bookings/{id}/reviews': async () => {
      const { who, booking } = await completed()
      return { who, path: `/bookings/${booking.id}/reviews` }
    },
    'post /reviews/{id}/publish': async () => {
      const { who, booking } = await completed()
      const { body } = await who.post<{ id: string }>(`/bookings/${booking.id}/reviews`, { rating: 5 })
      return { who: olga, path: `/reviews/${body.id}/publish` }
    },
    'post /notifications/{id}/read': async () => {
      const { who } = await confirmed('clinicOrder')
      const { body } = await who.get<{ notifications: { id: string }[] }>('/notifications')
      return { who, path: `/notifications/${body.notifications[0]?.id}/read` }
    },
    'post /financial-entries/{id}/settle': async () => {
      const { booking } = await confirmed('clinicOrder')
      const { body } = await olga.get<{ entries: { id: string }[] }>(`/financial-entries?booking_id=${booking.id}`)
      return { who: olga, path: `/financial-entries/${body.entries[0]?.id}/settle` }
    },
    'put /offerings/{id}': async (example) => ({ who: olga, path: `/offerings/example-${example}` }),
    'put /offerings/{id}/units': async (example) => {
      const kinds: Record<string, string> = { seats: 'ticketing', slots: 'clinic', tables: 'venue' }
      const offering = `${kinds[example]}Offering`
      const path = `/offerings/example-${offering}`
      expect((await olga.put(path, document.components.examples[offering]?.value)).status).toBe(200)
      return { who: olga, path: `${path}/units` }
    },
    'post /units/{id}/block': async () => ({ who: olga, path: '/units/T10/block' }),
    'put /venues/{venue_id}/providers/{provider_id}': async () => ({
      who: olga,
      path: '/venues/demo-bistro/providers/anna',
    }),
    'post /webhook-endpoints': async () => ({ who: olga, path: '/webhook-endpoints' }),
    'put /webhook-endpoints/{id}': async () => ({ who: olga, path: `/webhook-endpoints/${await endpoint()}` }),
    'post /webhook-endpoints/{id}/rotate-secret': async () => ({
      who: olga,
      path: `/webhook-endpoints/${await endpoint()}/rotate-secret`,
    }),
    'post /webhook-endpoints/{id}/ping': async () => ({
      who: olga,
      path: `/webhook-endpoints/${await endpoint()}/ping`,
    }),
    'post /webhook-endpoints/{id}/deliveries/{delivery}/replay': async () => {
      const path = `/webhook-endpoints/${await endpoint()}`
      const { body } = await olga.post<{ id: string }>(`${path}/ping`, {})
      // As if it had arrived: nobody sends here.
      const data = { status: 'delivered', settledAt: new Date() }
      await world.parts.database.webhookDelivery.update({ where: { id: BigInt(body.id) }, data })
      return { who: olga, path: `${path}/deliveries/${body.id}/replay` }
    },
  }
  return { stages, confirmed }
}
