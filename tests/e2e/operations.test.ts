import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { Caller } from '../support/caller.ts'
import { hold, ledgerOf, pay, until } from '../support/booking.ts'
import { payChange } from '../support/changes.ts'
import { eventually } from '../support/eventually.ts'
import { inDays, offerCourse, offerSeats, offerSlots, type Offer } from '../support/offers.ts'
import { expectFaultAt, expectRefused } from '../support/refusals.ts'
import { sendWebhook } from '../support/webhooks.ts'
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

async function confirmed(offer: Offer, who = ada, unitId?: string): Promise<BookingBody> {
  const booking = await hold(who, offer.order({}, unitId))
  await pay(world, booking)
  return until(who, booking.id, { status: 'confirmed' })
}

async function lastLine(id: string, action: string): Promise<Record<string, unknown> | undefined> {
  const { body } = await olga.get<{ history: Record<string, unknown>[] }>(`/bookings/${id}/history`)
  return body.history.findLast((line) => line['action'] === action)
}

describe('an operator, by hand', () => {
  test('X-12 A-34 is an operator, and says what and why', async () => {
    const booking = await hold(ada, (await offerSlots(world)).order())
    await until(ada, booking.id, { waiting_for: 'payment' })
    const path = `/bookings/${booking.id}/operations`
    const deed = { operation: 'force_release', reason: 'because' }
    for (const who of [ada, await world.as('provider', 'vet'), await world.as('service', 'robot')]) {
      await expectRefused(world, () => who.post(path, deed), 'forbidden')
    }
    await expectRefused(world, () => olga.post(`/bookings/${randomUUID()}/operations`, deed), 'not_found')
    const faults: [object, string][] = [
      [{ operation: 'force_release' }, '/reason'],
      [{ ...deed, reason: '   ' }, '/reason'],
      [{ ...deed, operation: 'explode' }, '/operation'],
      [{ ...deed, amount: 5 }, '/amount'],
      [{ operation: 'settle_refund', reason: 'x' }, '/refund_key'],
      [{ operation: 'confirm_by_hand', reason: 'x', amount: -1 }, '/amount'],
    ]
    for (const [body, pointer] of faults) {
      expectFaultAt(await expectRefused(world, () => olga.post(path, body), 'validation_failed'), pointer)
    }
    const short = { operation: 'confirm_by_hand', reason: 'x', amount: booking.amount - 1 }
    await expectRefused(world, () => olga.post(path, short), 'policy_forbids')
    const unknown = { operation: 'settle_refund', reason: 'x', refund_key: 'refund:1' }
    await expectRefused(world, () => olga.post(path, unknown), 'illegal_transition')
  })

  test('X-12 confirms what was paid at the desk: once, in the ledger, with who and why', async () => {
    const booking = await hold(ada, (await offerSlots(world)).order())
    const deed = { operation: 'confirm_by_hand', reason: 'cash, receipt 17', amount: booking.amount }
    const key = { 'idempotency-key': randomUUID() }
    for (const { status, body } of [await operate(booking.id, deed, key), await operate(booking.id, deed, key)]) {
      expect({ status, body }).toMatchObject({
        status: 200,
        body: { status: 'confirmed', payment: { method: 'manual' } },
      })
    }
    const entries = await world.parts.database.ledgerEntry.findMany({ where: { bookingId: booking.id } })
    expect(entries).toMatchObject([{ kind: 'captured', amount: BigInt(booking.amount) }])
    expect(await lastLine(booking.id, 'payment_captured')).toMatchObject({
      actor: { role: 'operator', id: 'olga' },
      reason: 'cash, receipt 17',
    })
    await eventually(async () => {
      const { body } = await world.service.get(`/api/v1/payments/intents/${booking.payment?.intent_id}`)
      expect(body).toMatchObject({ status: 'cancelled' })
    })
    expect(await operate(booking.id, deed)).toMatchObject({ status: 409, body: { code: 'illegal_transition' } })
  })

  test('X-12 H-06 gives back by hand what was paid by hand: attention until it is settled', async () => {
    const booking = await hold(ada, (await offerSlots(world)).order())
    await operate(booking.id, { operation: 'confirm_by_hand', reason: 'cash' })
    await ada.post(`/bookings/${booking.id}/cancel`, {})
    await until(ada, booking.id, ({ attention }) => expect(attention?.reason).toBe('refund_failed'))
    const { key } = await world.parts.database.refund.findFirstOrThrow({ where: { bookingId: booking.id } })
    const settled = await operate(booking.id, { operation: 'settle_refund', refund_key: key, reason: 'cash back, 18' })
    expect(settled.body).toMatchObject({ attention: null, refund: { status: 'completed' }, waiting_for: null })
    expect(await lastLine(booking.id, 'refund_succeeded')).toMatchObject({ reason: 'cash back, 18' })
  })

  test('X-10 X-07 A-04 A-25 finds those that need a person, whose refund failed, and who was told of one', async () => {
    const found = async (query: string) => {
      const { body } = await olga.get<{ bookings: BookingBody[] }>(`/bookings?customer_id=zoe&${query}`)
      return body.bookings.map(({ id }) => id)
    }
    const zoe = await world.as('customer', 'zoe')
    const calm = await confirmed(await offerSlots(world), zoe)
    const booking = await hold(zoe, (await offerSlots(world)).order())
    await operate(booking.id, { operation: 'confirm_by_hand', reason: 'cash' })
    await zoe.post(`/bookings/${booking.id}/cancel`, {})
    await until(zoe, booking.id, ({ attention }) => expect(attention?.reason).toBe('refund_failed'))
    expect(await found('attention=true')).toEqual([booking.id])
    expect(await found('attention=false')).toEqual([calm.id])
    expect(await found('refund=failed')).toEqual([booking.id])
    expect(await found('refund=pending')).toEqual([])
    expect(await found('overdue=true')).toEqual([])
    await world.parts.database.booking.update({
      where: { id: calm.id },
      data: { nextDeadline: new Date(Date.now() - 120_000) },
    })
    expect(await found('overdue=true')).toEqual([calm.id])
    await world.parts.database.booking.update({
      where: { id: calm.id },
      data: { nextDeadline: calm.next_deadline },
    })
    expectFaultAt(await expectRefused(world, () => olga.get('/bookings?refund=late'), 'validation_failed'), '/refund')

    type Told = { notifications: { user_id: string; booking_id: string }[] }
    const path = `/notifications?booking_id=${booking.id}`
    const { notifications } = (await olga.get<Told>(path)).body
    expect(notifications.map(({ user_id }) => user_id)).toContain('zoe')
    expect(new Set(notifications.map(({ booking_id }) => booking_id))).toEqual(new Set([booking.id]))
    expect((await ada.get<Told>(path)).body.notifications).toEqual([])
  })

  test('X-12 X-02 frees the units of a booking whose payment nobody can tell; paid later, it is there again', async () => {
    const offer = await offerSlots(world)
    const booking = await hold(ada, offer.order())
    await pay(world, booking, 'pm_bank_slow', { processing_seconds: 4, outcome: 'succeeded' })
    await until(ada, booking.id, { waiting_for: 'payment_outcome' })
    const freed = await operate(booking.id, { operation: 'force_release', reason: 'bank is silent' })
    expect(freed).toMatchObject({
      status: 200,
      body: { status: 'expired', cancellation: { reason: 'bank is silent' } },
    })
    await until(ada, booking.id, { status: 'confirmed' }, 30)
  })

  test('X-12 X-02 and when the units went to somebody else meanwhile, the money goes back', async () => {
    const offer = await offerSlots(world)
    const booking = await hold(ada, offer.order())
    await pay(world, booking, 'pm_bank_slow', { processing_seconds: 4, outcome: 'succeeded' })
    await until(ada, booking.id, { waiting_for: 'payment_outcome' })
    expect((await operate(booking.id, { operation: 'force_release', reason: 'bank is silent' })).status).toBe(200)
    await confirmed(offer, ben)
    await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'), 30)
  })

  test('X-12 X-07 has a failed refund tried again, with the reason in the history', async () => {
    const booking = await confirmed(await offerSlots(world))
    await world.service.put('/control/faults', { rules: [{ service: 'payments', operation: 'refund', status: 422 }] })
    await ada.post(`/bookings/${booking.id}/cancel`, {})
    const failed = await until(olga, booking.id, ({ attention }) => expect(attention?.reason).toBe('refund_failed'))
    expect(failed.available_actions).toEqual(['retry', 'settle_refund'])
    await world.service.put('/control/faults', { rules: [] })
    expect(await operate(booking.id, { operation: 'retry', reason: 'bank called' })).toMatchObject({ status: 200 })
    await until(ada, booking.id, { attention: null, waiting_for: null })
    expect(await lastLine(booking.id, 'refund_requested')).toMatchObject({ reason: 'bank called' })
  })

  test('X-07 X-12 H-08 settles a refund that bounced days later: once, and the ledger stays', async () => {
    const booking = await confirmed(await offerSlots(world))
    await ada.post(`/bookings/${booking.id}/cancel`, {})
    await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))
    const { key } = await world.parts.database.refund.findFirstOrThrow({ where: { bookingId: booking.id } })
    const bounce = { timestamp: new Date(Date.now() + 3 * 86_400_000), data: { refund_key: key } }
    for (const _ of [1, 2]) expect((await sendWebhook(world, booking, 'refund.failed', bounce)).status).toBe(200)
    const bounced = await until(olga, booking.id, ({ attention }) => expect(attention?.reason).toBe('refund_bounced'))
    expect(bounced).toMatchObject({
      status: 'cancelled',
      waiting_for: 'refund',
      refund: { status: 'failed', refunded_at: null },
      available_actions: ['settle_refund'],
    })
    const deed = { operation: 'settle_refund', refund_key: key, reason: 'sent to another account' }
    expect((await operate(booking.id, deed)).body).toMatchObject({
      attention: null,
      refund: { status: 'completed' },
      waiting_for: null,
    })
    expect(await lastLine(booking.id, 'bounce_settled')).toMatchObject({ reason: 'sent to another account' })
    const { amount } = booking
    expect(await ledgerOf(world, booking.id)).toEqual({ authorized: amount, captured: amount, refunded: amount })
    expect(await world.parts.database.ledgerEntry.count({ where: { bookingId: booking.id } })).toBe(2)
  })

  test('X-12 works from the form of the Temporal UI, and refuses there too', async () => {
    const booking = await hold(ada, (await offerSlots(world)).order())
    const run = world.parts.temporal.workflow.getHandle(booking.id)
    await expect(run.executeUpdate('confirm_by_hand', { args: [{}] })).rejects.toThrow('Update failed')
    await run.executeUpdate('confirm_by_hand', { args: [{ reason: 'transfer seen' }] })
    expect(await lastLine(booking.id, 'payment_captured')).toMatchObject({
      actor: { role: 'operator', id: 'temporal' },
    })
    await until(ada, booking.id, { status: 'confirmed', waiting_for: 'visit' })
  })
})

describe('bookings whose units are taken away', () => {
  const block = (offer: Offer, body: object = {}) =>
    olga.post<{ affected: string[] }>(`/units/${offer.unitIds[0]}/block`, { offering_id: offer.offeringId, ...body })

  test('H-14 are named without force; with it they are told, and have until a deadline to choose', async () => {
    const offer = await offerSeats(world, 2)
    const booking = await confirmed(offer)
    expect(await block(offer)).toMatchObject({ status: 409, body: { affected: [booking.id] } })
    const forced = await block(offer, { force: true, reason: 'burst pipe' })
    expect(forced).toMatchObject({ status: 200, body: { affected: [booking.id] } })
    const told = await until(ada, booking.id, { waiting_for: 'displacement' })
    expect(told).toMatchObject({ status: 'confirmed', displacement: { reason: 'burst pipe' }, items: booking.items })
    const twoDays = Date.parse(told.displacement?.at ?? '') + 48 * 3_600_000
    expect(told.next_deadline).toBe(new Date(twoDays).toISOString())
    expect(await lastLine(booking.id, 'displaced')).toMatchObject({ actor: { id: 'olga' }, reason: 'burst pipe' })
    await block(offer, { force: true })
    expect(await ben.post('/bookings', offer.order())).toMatchObject({ status: 409, body: { code: 'sold_out' } })
  })

  test('H-14 get everything back when they cancel, whatever the tiers say, as the preview says', async () => {
    const offer = await offerSeats(world, 1, { refund_tiers: [] })
    const booking = await confirmed(offer)
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
    const { id } = await confirmed(offer)
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
    expect(await lastLine(id, 'displacement_settled')).toMatchObject({ actor: { id: 'ada' } })
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
    const booking = await confirmed(offer)
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
    for (const _ of [1, 2, 3, 4]) bookings.push(await confirmed(offer))
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
    const [, late] = [await confirmed(course), await confirmed(course, ben)]
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
    const [first, late] = [await confirmed(offer), await confirmed(offer, ben, offer.unitIds[1])]
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
