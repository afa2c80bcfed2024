import { ApplicationFailure } from '@temporalio/common'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Booking, UnitKind } from '../../../domain/booking.ts'
import type { Fact } from '../../../domain/facts.ts'
import { mechanismOf } from '../../../domain/offering.ts'
import type { Order } from '../../../domain/order.ts'
import { instantOf } from '../../../domain/time.ts'
import { anOrder, factsFor, type Want } from '../prisma/desk.ts'
import { embedded, overHttp, type Place, type Units } from './places.ts'

const ELEVEN = { start: '2031-05-01T11:00:00.000Z', end: '2031-05-01T12:00:00.000Z' }
const HOUR_SECONDS = 3600

describe.each([
  ['embedded in PostgreSQL', embedded],
  ['over HTTP', overHttp],
] as const)('S-01 the inventory %s', (_, open) => {
  let place: Place
  let offerings = 0
  beforeAll(async () => {
    place = await open()
  })
  afterAll(() => place.close())

  /** A new offering with these units; answers with what wants one of them. */
  async function offer(kind: UnitKind, units: Units): Promise<(want?: Partial<Want>) => Want> {
    offerings += 1
    const offering = `offering-${offerings}`
    await place.offer(offering, kind, units)
    const time = mechanismOf(kind) === 'range' ? ELEVEN : {}
    return (want = {}) => ({ offering, kind, unit: units[0]?.id ?? null, ...time, ...want })
  }

  /** The units somebody got, or the items that are sold out. */
  async function hold(order: Order, at = Date.now()): Promise<string[] | { soldOut: unknown }> {
    try {
      const answer = await place.activities.hold({ order, at: instantOf(at) })
      if ('existing' in answer) return answer.existing.items.map(({ unitId }) => unitId)
      const units = new Map(answer.units.map(({ itemId, unitId }) => [itemId, unitId]))
      return order.items.map(({ id }) => units.get(id) ?? '')
    } catch (error) {
      if (!(error instanceof ApplicationFailure) || error.type !== 'sold_out') throw error
      expect(error.nonRetryable).toBe(true)
      return { soldOut: Object(error.details?.[0])['item_ids'] as unknown }
    }
  }

  /** Somebody's hold, as their workflow sees it; a lapsed one ran out three quarters of an hour ago. */
  async function held(want: Want, isLapsed = false): Promise<Booking> {
    const order = anOrder([want])
    expect(await hold(order, isLapsed ? Date.now() - HOUR_SECONDS * 1000 : Date.now())).toEqual([want.unit])
    return load(order.bookingId)
  }

  async function load(id: string): Promise<Booking> {
    const booking = await place.activities.load(id)
    if (booking === null) throw new Error(`there is no booking ${id}`)
    return booking
  }

  /** The booking after these facts, or the name of what was refused for good. */
  async function record(before: Booking, ...facts: Fact[]): Promise<Booking | string> {
    try {
      await place.activities.record({ before, facts, paymentEventId: null })
      return await load(before.id)
    } catch (error) {
      if (error instanceof ApplicationFailure && error.nonRetryable === true) return error.type ?? ''
      throw error
    }
  }

  const commit = (booking: Booking) => {
    const { requested, authorized } = factsFor(booking)
    return record(booking, requested(), authorized())
  }

  const UNITS: { kind: UnitKind; units: Units }[] = [
    { kind: 'seat', units: [{ id: 'A1' }] },
    { kind: 'slot', units: [{ id: 'nine', capacity: 1 }] },
    { kind: 'table', units: [{ id: 'T1' }] },
  ]

  describe.each(UNITS)('a $kind', ({ kind, units }) => {
    test('is held once, and then it is sold out, by the name of the item', async () => {
      const want = await offer(kind, units)
      expect(await place.isFree(anOrder([want()]))).toEqual([true])
      await held(want())
      expect(await place.isFree(anOrder([want()]))).toEqual([false])
      expect(await hold(anOrder([want({ id: 'mine' })]))).toEqual({ soldOut: ['mine'] })
    })

    test('H-22 held again for the same booking is the same hold', async () => {
      const want = await offer(kind, units)
      const order = anOrder([want()])
      expect([await hold(order), await hold(order)]).toEqual([[units[0]?.id], [units[0]?.id]])
    })

    test('given back is free again, and giving it back twice changes nothing', async () => {
      const want = await offer(kind, units)
      const first = await held(want())
      const cancelled = factsFor(first).cancelled()
      expect(await record(first, cancelled)).toMatchObject({ status: 'cancelled' })
      expect(await place.isFree(anOrder([want()]))).toEqual([true])
      const second = await held(want())
      expect(await record(first, cancelled)).toMatchObject({ status: 'cancelled' })
      expect(await place.isFree(anOrder([want()]))).toEqual([false])
      expect(await commit(second)).toMatchObject({ status: 'pending' })
    })

    test('X-05 committed is nobody else’s, long after its hold would have run out, and twice is no harm', async () => {
      const want = await offer(kind, units)
      const booking = await held(want(), true)
      expect(await commit(booking)).toMatchObject({ payments: [{ status: 'authorized' }] })
      expect(await commit(booking)).toMatchObject({ payments: [{ status: 'authorized' }] })
      expect(await hold(anOrder([want()]))).toMatchObject({ soldOut: ['1'] })
      expect(await place.isFree(anOrder([want()]))).toEqual([false])
    })

    test('X-14 whose hold ran out goes to the next, and then the first cannot be committed', async () => {
      const want = await offer(kind, units)
      const late = await held(want(), true)
      expect(await place.isFree(anOrder([want()]))).toEqual([true])
      const next = await held(want())
      expect(await commit(late)).toBe('units_lost')
      expect(await load(late.id)).toMatchObject({ version: 1, payments: [] })
      expect(await commit(next)).toMatchObject({ version: 3 })
    })

    test('X-03 whose hold was extended stays held', async () => {
      const want = await offer(kind, units)
      const booking = await held(want(), true)
      const { extended } = factsFor(booking)
      const until = instantOf(Date.now() + HOUR_SECONDS * 1000)
      expect(await record(booking, extended(until))).toMatchObject({ hold: { expiresAt: until } })
      expect(await hold(anOrder([want()]))).toMatchObject({ soldOut: ['1'] })
    })

    test('X-03 X-14 whose hold is extended too late stays the other’s', async () => {
      const want = await offer(kind, units)
      const late = await held(want(), true)
      const next = await held(want())
      const { extended } = factsFor(late)
      const until = instantOf(Date.now() + HOUR_SECONDS * 1000)
      const extendedLate = await record(late, extended(until))
      if (typeof extendedLate === 'string') throw new Error(`refused: ${extendedLate}`)
      expect(await commit(extendedLate)).toBe('units_lost')
      expect(await commit(next)).toMatchObject({ version: 3 })
    })

    test('X-02 given up and paid for after all is taken again while it is free, and lost when it is not', async () => {
      const want = await offer(kind, units)
      const { booking: late, revive } = await expiredAndPaid(await held(want()))
      expect(await revive(late)).toMatchObject({ status: 'expired', reviving: true })
      expect(await hold(anOrder([want()]))).toMatchObject({ soldOut: ['1'] })

      const other = await offer(kind, units)
      const { booking: later, revive: reviveToo } = await expiredAndPaid(await held(other()))
      await held(other())
      expect(await reviveToo(later)).toBe('units_lost')
    })

    /** Expired and given back; then its money is set aside after all. */
    async function expiredAndPaid(booking: Booking) {
      const { requested, expired, authorized } = factsFor(booking)
      const ended = await record(booking, requested(), expired(), authorized())
      if (typeof ended === 'string') throw new Error(`refused: ${ended}`)
      expect(await place.isFree(anOrder([wantOf(booking)]))).toEqual([true])
      const by = { role: 'system', id: 'holdfast' } as const
      const revive = (late: Booking) => record(late, { type: 'revival_started', at: instantOf(Date.now()), by })
      return { booking: ended, revive }
    }
  })

  test('E-01 several units are held all or none', async () => {
    const want = await offer('seat', [{ id: 'A1' }, { id: 'A2' }, { id: 'A3' }])
    await held(want({ unit: 'A2' }))
    const both = anOrder([want({ unit: 'A1' }), want({ unit: 'A2', id: 'gone' })])
    expect(await hold(both)).toEqual({ soldOut: ['gone'] })
    expect(await hold(anOrder([want({ unit: 'A1' }), want({ unit: 'A3' })]))).toEqual(['A1', 'A3'])
  })

  test('C-01 a slot counts up to its capacity, whoever takes how many', async () => {
    const want = await offer('slot', [{ id: 'nine', capacity: 5 }])
    expect(await hold(anOrder([want({ quantity: 3 })]))).toEqual(['nine'])
    expect(await hold(anOrder([want({ quantity: 3 })]))).toMatchObject({ soldOut: ['1'] })
    expect(await hold(anOrder([want(), want()]))).toEqual(['nine', 'nine'])
    expect(await place.isFree(anOrder([want()]))).toEqual([false])
  })

  test.each([
    ['touching before', '10:00', '11:00', true],
    ['touching after', '12:00', '13:00', true],
    ['the very same', '11:00', '12:00', false],
    ['its last minute', '11:59', '12:30', false],
    ['its first minute', '10:30', '11:01', false],
    ['inside', '11:15', '11:45', false],
    ['around', '10:00', '13:00', false],
  ])('T-01 a table taken from 11:00 to 12:00: %s (%s to %s) is free: %s', async (_what, from, to, isFree) => {
    const want = await offer('table', [{ id: 'T1' }])
    await held(want())
    const other = anOrder([want({ start: `2031-05-01T${from}:00.000Z`, end: `2031-05-01T${to}:00.000Z` })])
    expect(await place.isFree(other)).toEqual([isFree])
    expect(await hold(other)).toEqual(isFree ? ['T1'] : { soldOut: ['1'] })
  })

  test('V-01 a party gets the smallest table that takes it, and none when none does', async () => {
    const want = await offer('table', [
      { id: 'large', maxParty: 8 },
      { id: 'small', maxParty: 2 },
      { id: 'medium', maxParty: 4 },
    ])
    const party = (partySize: number): Order => ({ ...anOrder([want({ unit: null })]), partySize })
    expect(await hold(party(3))).toEqual(['medium'])
    expect(await hold(party(3))).toEqual(['large'])
    expect(await hold(party(3))).toMatchObject({ soldOut: ['1'] })
    expect(await place.isFree(party(9))).toEqual([false])
    expect(await hold(party(1))).toEqual(['small'])
  })

  test('H-01 of forty at once, as many get a slot as it has places', async () => {
    const want = await offer('slot', [{ id: 'nine', capacity: 7 }])
    const answers = await Promise.all(Array.from({ length: 40 }, () => hold(anOrder([want()]))))
    expect(answers.filter((answer) => Array.isArray(answer))).toHaveLength(7)
  })

  test('what does not exist is sold out', async () => {
    const want = await offer('seat', [{ id: 'A1' }])
    expect(await hold(anOrder([want({ unit: 'Z9' })]))).toMatchObject({ soldOut: ['1'] })
  })
})

function wantOf({ items }: Booking): Want {
  const [item] = items
  if (item === undefined) throw new Error('it has no item')
  const { offeringId, unitId, kind, start, end } = item
  return { offering: offeringId, unit: unitId, kind, ...(start !== null && end !== null && { start, end }) }
}
