import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Booking } from '../../../domain/booking.ts'
import type { Fact } from '../../../domain/facts.ts'
import type { Order } from '../../../domain/order.ts'
import { holdOfChange, onUnitsHeld, revisionOf, supplementOf } from '../../../domain/reschedule.ts'
import { instantOf } from '../../../domain/time.ts'
import { messagesOf } from '../../../events/mapping.ts'
import { findBooking } from '../../../prisma/bookings.ts'
import { changeBooking } from '../../../prisma/changes.ts'
import { auditInvariants } from '../../../prisma/invariants.ts'
import { AnotherWriter, SoldOut, UnitsLost } from '../../../prisma/writes.ts'
import { anOrder, factsFor, openDesk, PRICE, type Desk, type Want } from './desk.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
  await desk.offer(
    'table',
    ['T1', 'T2', 'T3', 'T4', 'T5', 'T6'].map((id) => ({ id })),
    'bistro',
  )
  await desk.offer('slot', [{ id: 'slot', capacity: 3 }])
})
afterAll(() => desk.close())

const DAY = '2031-05-01T'
const CUSTOMER = { role: 'customer', id: 'ada' } as const

function table(unit: string, from: string, to: string, day = DAY): Want {
  return { offering: 'bistro', kind: 'table', unit, start: `${day}${from}:00.000Z`, end: `${day}${to}:00.000Z` }
}

async function paid(want: Want): Promise<Booking> {
  const booking = await desk.held(anOrder([want]))
  const { requested, authorized, captured, confirmed } = factsFor(booking, booking.price.total)
  return desk.after(await desk.after(booking, requested(), authorized()), captured(), confirmed())
}

/** The booking once it is changed to what is wanted, for so much; under the name of the operation. */
function change(before: Booking, want: Want, more: { price?: number; id?: string; dies?: boolean } = {}) {
  const { price = PRICE, id = randomUUID(), dies = false } = more
  const at = instantOf(Date.now())
  const wish = anOrder([{ id: `${id.slice(0, 8)}-1`, ...want }])
  const order: Order = { ...wish, bookingId: before.id, reference: before.reference, terms: before.terms }
  const lines = order.items.map((item) => ({ itemId: item.id, unitPrice: price, amount: price }))
  const whole = { currency: 'USD', lines, subtotal: price, fees: 0, tax: 0, total: price, quoteId: null }
  const hold = holdOfChange(before, { start: null }, at)
  return changeBooking(
    desk.db,
    {
      before,
      order,
      hold,
      changeId: id,
      releases: supplementOf(before, whole) === null,
      decide: (units) => {
        if (dies) throw new Error('the process died')
        const revision = revisionOf(before, order, { price: whole, snapshots: {} }, units)
        return onUnitsHeld(before, revision, { id, by: CUSTOMER, reason: null }, hold, at)
      },
    },
    messagesOf,
  )
}

async function claimsOf({ id }: Pick<Booking, 'id'>): Promise<string[]> {
  const claims = await desk.db.claim.findMany({ where: { lockId: id }, orderBy: { id: 'asc' } })
  return claims.map(({ unitId, state }) => `${unitId} ${state}`)
}

describe('the swap of a booking’s units', () => {
  test('H-11 gives up the old unit and has the new one in one write, also where the two overlap', async () => {
    const before = await paid(table('T1', '10:00', '11:00'))
    const after = await change(before, table('T1', '10:30', '11:30'))
    expect(after).toMatchObject({ version: before.version + 1, start: `${DAY}10:30:00.000Z`, change: null })
    expect(await claimsOf(before)).toEqual(['T1 released', 'T1 committed'])
    expect(await findBooking(desk.db, before.id)).toMatchObject({ items: after.items, price: after.price })
    // What is left of the old time is free, and no more than that.
    await desk.held(anOrder([table('T1', '10:00', '10:30')]))
    await expect(desk.hold(anOrder([table('T1', '11:00', '12:00')]))).rejects.toThrow(SoldOut)
  })

  test('H-11 that finds the unit taken changes nothing, and so does one whose process dies between claim and booking', async () => {
    const before = await paid(table('T2', '10:00', '11:00'))
    await paid(table('T3', '10:00', '11:00'))
    await expect(change(before, table('T3', '10:30', '11:30'))).rejects.toThrow(SoldOut)
    await expect(change(before, table('T4', '10:00', '11:00'), { dies: true })).rejects.toThrow('died')
    expect(await findBooking(desk.db, before.id)).toEqual(before)
    expect(await claimsOf(before)).toEqual(['T2 committed'])
    await desk.held(anOrder([table('T4', '10:00', '11:00')]))
  })

  test('H-01 H-11 of eight at once to one table one gets it, and the others keep theirs', async () => {
    const hours = ['12:00', '13:00', '14:00', '15:00', '16:00', '17:00', '18:00', '19:00']
    const guests = await Promise.all(hours.map((hour, n) => paid(table('T5', hour, `${13 + n}:00`))))
    const target = table('T6', '12:00', '13:00')
    const answers = await Promise.allSettled(guests.map((guest) => change(guest, target)))
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const [n, answer] of answers.entries()) {
      const live = (await claimsOf(guests[n]!)).filter((claim) => !claim.endsWith('released'))
      expect(live).toEqual([answer.status === 'fulfilled' ? 'T6 committed' : 'T5 committed'])
    }
    expect(await auditInvariants(desk.db)).toEqual([])
  })

  test('A-30 H-21 asked for again it is the same; worked out from an older version it is not made', async () => {
    const before = await paid(table('T1', '20:00', '21:00'))
    const id = randomUUID()
    const first = await change(before, table('T1', '20:30', '21:30'), { id })
    expect((await change(before, table('T1', '20:30', '21:30'), { id })).version).toBe(first.version)
    expect(await claimsOf(before)).toHaveLength(2)
    await expect(change(before, table('T1', '21:30', '22:30'))).rejects.toThrow(AnotherWriter)
  })

  test('H-11 within a full slot finds the room that it gives up itself, and the counter stays right', async () => {
    const before = await desk.held(anOrder([{ kind: 'slot', unit: 'slot', quantity: 3 }]))
    await change(before, { kind: 'slot', unit: 'slot', quantity: 1 })
    await desk.held(anOrder([{ kind: 'slot', unit: 'slot', quantity: 2 }]))
    await expect(desk.hold(anOrder([{ kind: 'slot', unit: 'slot' }]))).rejects.toThrow(SoldOut)
    expect(await auditInvariants(desk.db)).toEqual([])
  })
})

describe('a unit that is held until the supplement is paid', () => {
  const takenFact = (changeId: string): Fact => ({
    type: 'change_taken',
    changeId,
    at: instantOf(Date.now()),
    by: CUSTOMER,
  })

  test('H-11 is claimed beside the old one, and committed without giving that one up', async () => {
    const before = await paid(table('T1', '08:00', '09:00'))
    const pending = await change(before, table('T2', '08:00', '09:00'), { price: PRICE + 1, id: 'dearer-1' })
    expect(pending).toMatchObject({ change: { supplement: 1, taken: false }, items: before.items })
    expect(await claimsOf(before)).toEqual(['T1 committed', 'T2 held'])
    expect(await findBooking(desk.db, before.id)).toEqual(pending)
    await desk.after(pending, takenFact('dearer-1'))
    expect(await claimsOf(before)).toEqual(['T1 committed', 'T2 committed'])
  })

  test('H-11 X-14 that lapsed and went to somebody else is not committed: the change is lost, the booking is not', async () => {
    const before = await paid(table('T1', '06:00', '07:00'))
    const pending = await change(before, table('T2', '06:00', '07:00'), { price: PRICE + 1, id: 'dearer-2' })
    await desk.sql.query(`UPDATE claims SET lapses_at = now() WHERE lock_id = $1 AND state = 'held'`, [before.id])
    await desk.held(anOrder([table('T2', '06:30', '07:30')]))
    await expect(desk.record(pending, [takenFact('dearer-2')])).rejects.toThrow(UnitsLost)
    const ended: Fact = {
      type: 'change_ended',
      changeId: 'dearer-2',
      reason: 'units_lost',
      at: instantOf(Date.now()),
      by: CUSTOMER,
    }
    expect(await desk.after(pending, ended)).toMatchObject({ items: before.items, status: 'confirmed' })
    expect(await claimsOf(before)).toEqual(['T1 committed', 'T2 released'])
    expect(await auditInvariants(desk.db)).toEqual([])
  })
})

describe('the audit of a change', () => {
  test('A-21 H-11 sees a swap that left two units or none, and money that a change was not made for', async () => {
    const before = await paid(table('T3', '06:00', '07:00'))
    const { id } = await change(before, table('T4', '06:00', '07:00'), { price: PRICE + 1, id: 'dearer-3' })
    const spoilt = async (sql: string): Promise<string[]> => {
      const found: string[] = []
      await desk.db
        .$transaction(async (tx) => {
          await tx.$executeRawUnsafe(sql)
          const violations = await auditInvariants(tx as typeof desk.db)
          found.push(...violations.filter(({ subject }) => subject === id).map(({ detail }) => detail))
          throw new Error('take it back')
        })
        .catch(() => undefined)
      return found
    }
    expect(await spoilt(`UPDATE bookings SET change = NULL WHERE id = '${id}'`)).toEqual([
      expect.stringMatching(/is of no item/),
    ])
    expect(
      await spoilt(
        `UPDATE claims SET state = 'released', release_reason = 'x' WHERE lock_id = '${id}' AND state = 'held'`,
      ),
    ).toEqual([expect.stringMatching(/of its pending change has no live claim/)])
    expect(
      await spoilt(
        `UPDATE claims SET state = 'released', release_reason = 'x' WHERE lock_id = '${id}' AND state = 'committed'`,
      ),
    ).toEqual([expect.stringMatching(/item 1 has no live claim/)])
    expect(await spoilt(`UPDATE payments SET superseded = true WHERE booking_id = '${id}'`)).toEqual([
      expect.stringMatching(/which nobody wants any more/),
    ])
  })
})
