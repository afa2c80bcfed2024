import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { grpcAs, refusalOf, type GrpcCaller } from '../support/grpc.ts'
import { offerCourse, offerSessions, offerSlots, offerTables } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: GrpcCaller
beforeAll(async () => {
  world = await openWorld()
  ada = await grpcAs(world, 'customer', 'ada')
})
afterAll(() => world.close())

describe('in two steps, over gRPC', () => {
  test('G-02 C-02 a reservation holds without a payment, and is confirmed into a booking under the same id', async () => {
    const { offeringId } = await offerSlots(world)
    const items = [{ offering_id: offeringId, unit_id: 'slot-1' }]
    const { reservation } = await ada.reservations.create({ profile: 'clinic', items })
    expect(reservation).toMatchObject({ status: 'BOOKING_STATUS_PENDING', payment: null })
    const { id } = reservation!
    const { booking } = await ada.reservations.confirm({ reservation_id: id })
    expect(booking).toMatchObject({ id, payment: { status: 'pending' } })
    expect(await refusalOf(ada.reservations.confirm({ reservation_id: 'nope' }))).toMatchObject({
      code: 'validation_failed',
      pointers: ['/reservation_id'],
    })
  })

  test('G-03 O-02 an order to be paid later is created, and its payment initiated once', async () => {
    const { offeringId: course_id } = await offerCourse(world)
    const { order } = await ada.orders.createOrder({ items: [{ course_id }], payment_later: true })
    expect(order).toMatchObject({ status: 'ORDER_STATUS_CREATED', payment: null })
    const { order_id } = order!
    const { order: initiated, payment } = await ada.orders.initiatePayment({ order_id })
    expect(initiated).toMatchObject({ status: 'ORDER_STATUS_PAYMENT_INITIATED' })
    expect((await ada.orders.initiatePayment({ order_id })).payment).toEqual(payment)
  })
})

describe('changes, over gRPC', () => {
  test('G-01 A-06 a booking is changed under its version', async () => {
    const { offeringId } = await offerTables(world)
    const items = [{ offering_id: offeringId, start: new Date(Date.now() + 864e5).toISOString() }]
    const { booking } = await ada.bookings.create({ profile: 'venue', party_size: 2, items })
    const { id, version } = booking!
    const { booking: changed } = await ada.bookings.update({ id, notes: 'by the window', expected_version: version })
    expect(changed).toMatchObject({ id, notes: 'by the window', version: version + 1 })
    expect(await refusalOf(ada.bookings.update({ id, notes: 'x', expected_version: version }))).toMatchObject({
      status: 'ABORTED',
      code: 'version_conflict',
    })
  })

  test('G-04 X-08 the sessions of an order are cancelled, and its course stays', async () => {
    const [course, live] = [await offerCourse(world), await offerSessions(world)]
    const items = [{ course_id: course.offeringId }, { course_id: live.offeringId, session_id: 'live-1' }]
    const { order } = await ada.orders.createOrder({ items })
    const id = order!.order_id
    const path = `/api/v1/payments/intents/${order!.payment!.intent_id}/confirm`
    await world.service.post(path, { client_secret: order!.payment!.client_secret, payment_method: 'pm_card_visa' })
    await expect
      .poll(async () => (await ada.orders.getOrder({ order_id: id })).order?.status, { timeout: 15_000 })
      .toBe('ORDER_STATUS_SUCCEEDED')
    const { booking } = await ada.sessions.cancelSessionBooking({ id })
    expect(booking).toMatchObject({ status: 'SESSION_BOOKING_STATUS_CANCELLED' })
    expect((await ada.orders.getOrder({ order_id: id })).order).toMatchObject({ status: 'ORDER_STATUS_SUCCEEDED' })
  })
})
