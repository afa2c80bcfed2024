import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { Caller } from '../support/caller.ts'
import { confirmed, hold, lastLine, ledgerOf, until } from '../support/booking.ts'
import { payChange } from '../support/changes.ts'
import { eventually } from '../support/eventually.ts'
import { inDays, offerCourse, offerSeats, offerSlots, type Offer } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
let ben: Caller
let olga: Caller
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
  ben = await world.as('customer', 'ben')
  olga = await world.as('operator', 'olga')
})
afterAll(() => world.close())

const operate = (id: string, body: object, headers = {}) =>
  olga.post<BookingBody>(`/bookings/${id}/operations`, body, headers)

const paid = (offer: Offer, who = ada, unitId?: string) => confirmed(world, who, offer, {}, unitId)

describe('bookings whose units are taken away', () => {
  const block = (offer: Offer, body: object = {}) =>
    olga.post<{ affected: string[] }>(`/units/${offer.unitIds[0]}/block`, { offering_id: offer.offeringId, ...body })

  test('H-14 are named without force; with it they are told, and have until a deadline to choose', async () => {
    const offer = await offerSeats(world, 2)
    const booking = await paid(offer)
    expect(await block(offer)).toMatchObject({ status: 409, body: { affected: [booking.id] } })
    const forced = await block(offer, { force: true, reason: 'burst pipe' })
    expect(forced).toMatchObject({ status: 200, body: { affected: [booking.id] } })
    const told = await until(ada, booking.id, { waiting_for: 'displacement' })
    expect(told).toMatchObject({ status: 'confirmed', displacement: { reason: 'burst pipe' }, items: booking.items })
    const twoDays = Date.parse(told.displacement?.at ?? '') + 48 * 3_600_000
    expect(told.next_deadline).toBe(new Date(twoDays).toISOString())
    expect(await lastLine(olga, booking.id, 'displaced')).toMatchObject({ actor: { id: 'olga' }, reason: 'burst pipe' })
    await block(offer, { force: true })
    expect(await ben.post('/bookings', offer.order())).toMatchObject({ status: 409, body: { code: 'sold_out' } })
  })

  test('H-14 get everything back when they cancel, whatever the tiers say, as the preview says', async () => {
    const offer = await offerSeats(world, 1, { refund_tiers: [] })
    const booking = await paid(offer)
    await block(offer, { force: true })
    await until(ada, booking.id, { waiting_for: 'displacement' })
    const preview = await ada.get(`/bookings/${booking.id}/cancellation`)
    expect(preview.body).toMatchObject({ refund: { amount: booking.amount, percent: 100 } })
    expect((await ada.post(`/bookings/${booking.id}/cancel`, {})).status).toBe(200)
    await until(ada, booking.id, {
      status: 'cancelled',
      waiting_for: null,
      refund: expect.objectContaining({ amount: booking.amount }) as never,
    })
  })

  /** A paid seat at 45 dollars that was blocked, in a hall whose other two cost 20 and 60; nothing is refunded by policy. */
  async function displacedAmongOthers() {
    const offer = await offerSeats(world, 3, { refund_tiers: [] })
    const seats = [45, 20, 60].map((price, index) => ({ id: offer.unitIds[index], price }))
    const at = { venue: { id: 'hall', name: 'Hall' }, starts_at: inDays(30), ends_at: inDays(30, 3) }
    const event = { name: 'Concert', ...at, on_sale: true, currency: 'USD', seats }
    expect((await world.service.put(`/control/events/${offer.offeringId}`, event)).status).toBe(200)
    const { id } = await paid(offer)
    await block(offer, { force: true })
    const { version } = await until(ada, id, { waiting_for: 'displacement' })
    const moveTo = (unit_id: string) =>
      ada.put<BookingBody>(`/bookings/${id}`, {
        items: [{ offering_id: offer.offeringId, unit_id }],
        expected_version: version,
      })
    return { offer, id, version, moveTo }
  }

  test('H-14 A-06 are settled by a change to another unit, at the full difference, and are bookings like any other again', async () => {
    const { offer, id, version, moveTo } = await displacedAmongOthers()
    // Whoever asks for what they have is not moved.
    expect(await moveTo('A-1')).toMatchObject({ status: 200, body: { version, waiting_for: 'displacement' } })
    expect(await moveTo('A-2')).toMatchObject({
      status: 200,
      body: {
        status: 'confirmed',
        items: [{ unit_id: 'A-2' }],
        amount: 2000,
        displacement: null,
        waiting_for: 'refund',
      },
    })
    await until(ada, id, ({ refund }) => expect(refund).toMatchObject({ amount: 2500, status: 'completed' }))
    expect(await ledgerOf(world, id)).toEqual({ authorized: 4500, captured: 4500, refunded: 2500 })
    expect(await lastLine(olga, id, 'displacement_settled')).toMatchObject({ actor: { id: 'ada' } })
    expect(await ada.get(`/bookings/${id}/cancellation`)).toMatchObject({ body: { refund: { amount: 0 } } })
    expect(await ben.post('/bookings', offer.order())).toMatchObject({ status: 409, body: { code: 'sold_out' } })
  })

  test('H-14 A-06 are settled by a dearer unit once the difference is paid, and not before', async () => {
    const { id, moveTo } = await displacedAmongOthers()
    const asked = await moveTo('A-3')
    expect(asked.body).toMatchObject({ displacement: {}, change: { supplement: 1500 }, waiting_for: 'change_payment' })
    await payChange(world, ada, id)
    await until(ada, id, { displacement: null, change: null, amount: 6000, waiting_for: null })
    expect(await ledgerOf(world, id)).toEqual({ authorized: 6000, captured: 6000 })
  })

  test('H-14 keep their places when the unit is put back, or an operator says so', async () => {
    const offer = await offerSlots(world)
    const booking = await paid(offer)
    await block(offer, { force: true })
    await until(ada, booking.id, { waiting_for: 'displacement' })
    await block(offer, { blocked: false })
    await until(ada, booking.id, { status: 'confirmed', waiting_for: 'visit', displacement: null })
    await block(offer, { force: true })
    await until(ada, booking.id, { waiting_for: 'displacement' })
    const kept = await operate(booking.id, { operation: 'settle_displacement', reason: 'a chair is brought' })
    expect(kept.body).toMatchObject({ displacement: null, waiting_for: 'visit' })
  })

  test('H-13 are the latest, and only as many as there are too many; and nobody new gets in', async () => {
    const offer = await offerSlots(world, { capacity: 4 })
    const bookings: BookingBody[] = []
    for (const _ of [1, 2, 3, 4]) bookings.push(await paid(offer))
    const slot = { id: 'slot-1', kind: 'slot', start: inDays(7), end: inDays(7, 1), staff_id: 'vet-1', capacity: 2 }
    const load = (more: object, force: boolean) =>
      olga.put<{ affected: string[] }>(`/offerings/${offer.offeringId}/units`, { units: [{ ...slot, ...more }], force })
    expect(await load({}, false)).toMatchObject({ status: 409, body: { code: 'policy_forbids' } })
    const { status, body } = await load({}, true)
    const [first, second, third, fourth] = bookings.map(({ id }) => id)
    expect({ status, affected: new Set(body.affected) }).toEqual({ status: 200, affected: new Set([third, fourth]) })
    for (const id of [third, fourth]) await until(ada, id ?? '', { waiting_for: 'displacement' })
    for (const id of [first, second]) await until(ada, id ?? '', { waiting_for: 'visit', displacement: null })
    const overbooked = async () =>
      (await world.parts.database.unit.findFirstOrThrow({ where: { offeringId: offer.offeringId } })).overbooked
    expect(await overbooked()).toBe(2)
    await expect(
      world.parts.database.$executeRaw`UPDATE units SET claimed = claimed + 1 WHERE offering_id = ${offer.offeringId}`,
    ).rejects.toThrow('units_within_capacity')
    await ada.post(`/bookings/${fourth}/cancel`, {})
    expect(await overbooked()).toBe(1)
    expect(await ben.post('/bookings', offer.order())).toMatchObject({ status: 409, body: { code: 'sold_out' } })
    await ada.post(`/bookings/${third}/cancel`, {})
    await ada.post(`/bookings/${second}/cancel`, {})
    expect(await overbooked()).toBe(0)
    await hold(ben, offer.order())
  })

  test('H-13 a course with fewer places needs force, and names who was displaced', async () => {
    const course = await offerCourse(world, 2)
    const [, late] = [await paid(course), await paid(course, ben)]
    const smaller = { profile: 'course', name: 'Smaller', price: { amount: 9900, currency: 'USD' }, capacity: 1 }
    const path = `/offerings/${course.offeringId}`
    expect(await olga.put(path, smaller)).toMatchObject({ status: 409, body: { code: 'policy_forbids' } })
    expect(await olga.put(path, { ...smaller, force: true })).toMatchObject({
      status: 200,
      body: { affected: [late.id] },
    })
    await until(ben, late.id, { waiting_for: 'displacement' })
    expect(await olga.put(path, { ...smaller, force: 'yes' })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/force' }] },
    })
  })

  test('H-14 are told although the process died between the block and the telling, and who slipped in as well', async () => {
    const offer = await offerSeats(world, 2)
    const [first, late] = [await paid(offer), await paid(offer, ben, offer.unitIds[1])]
    const { database } = world.parts
    // Whoever claimed it died; and a hold that found the other seat free was written just after it was blocked.
    await database.$executeRaw`
      INSERT INTO displacements (booking_id, offering_id, unit_id, action, reason, actor_role, actor_id, attempts, next_try_at)
      VALUES (${first.id}::uuid, ${offer.offeringId}, ${offer.unitIds[0]}, 'displace', 'flood', 'operator', 'olga', 1, now() + interval '1 second')`
    await database.$executeRaw`UPDATE units SET blocked = true WHERE offering_id = ${offer.offeringId} AND id = ${offer.unitIds[1]}`
    await database.$executeRaw`
      INSERT INTO displacements (offering_id, unit_id, action, reason, actor_role, actor_id)
      VALUES (${offer.offeringId}, ${offer.unitIds[1]}, 'look_again', 'flood', 'operator', 'olga')`
    for (const { id } of [first, late]) await until(olga, id, { waiting_for: 'displacement' })
    await eventually(async () => {
      const left = await database.displacement.count({ where: { offeringId: offer.offeringId, deliveredAt: null } })
      expect(left).toBe(0)
    })
  })
})
