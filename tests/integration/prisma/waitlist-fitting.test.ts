import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openClaims, type Claims, type Wish } from './claims.ts'
import { queueOn, type Place, type Queue } from './queue.ts'

let claims: Claims
let queue: Queue
beforeAll(async () => {
  claims = await openClaims(6)
  queue = queueOn(claims)
})
afterAll(() => claims.close())
beforeEach(async () => {
  await claims.pool.query('TRUNCATE waitlist_wishes, waitlist_entries, claims, units, offerings CASCADE')
})

async function inTurn<Answer>(count: number, each: (n: number) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = []
  for (let n = 0; n < count; n += 1) answers.push(await each(n))
  return answers
}

async function held(wishes: readonly Wish[]): Promise<string> {
  const hold = await claims.hold(wishes)
  expect(hold).not.toBeNull()
  return hold!.lock
}

describe('X-11 what comes free', () => {
  const offeredOf = async (places: readonly Place[]) =>
    (await queue.statuses(places)).flatMap((status, n) => (status === 'offered' ? [n] : []))

  test('X-11 goes to the first it fits: by quantity', async () => {
    await claims.addUnits('counter', ['slot'], { capacity: 4 })
    const [two, other] = [await held([{ unit: 'slot', quantity: 2 }]), await held([{ unit: 'slot', quantity: 2 }])]
    const places = await inTurn(4, (n) => queue.wait([{ unit: 'slot', quantity: [3, 1, 2, 1][n]! }]))
    await claims.release(two)
    expect(await offeredOf(places)).toEqual([1, 3])
    await claims.release(other)
    expect(await offeredOf(places)).toEqual([1, 2, 3])
  })

  test('X-11 goes to the first it fits: by the size of the party and the time', async () => {
    await claims.addUnits('range', ['T2'], { seats: 2 })
    await claims.addUnits('range', ['T6'], { seats: 6 })
    const small = await held([{ unit: 'T2', from: 18, to: 20 }])
    const large = await held([{ unit: 'T6', from: 18, to: 20 }])
    const places = [
      await queue.wait([{ unit: null, from: 18, to: 20, partySize: 8 }]),
      await queue.wait([{ unit: null, from: 18, to: 20, partySize: 4 }]),
      await queue.wait([{ unit: null, from: 19, to: 21, partySize: 2 }]),
      await queue.wait([{ unit: null, from: 18, to: 19.5, partySize: 2 }]),
    ]
    await claims.release(small)
    expect(await offeredOf(places)).toEqual([2])
    await claims.release(large)
    expect(await offeredOf(places)).toEqual([1, 2])
    // Free before and after what is held: nobody who waits is in the way of others.
    expect(await claims.hold([{ unit: 'T6', from: 12, to: 14 }])).not.toBeNull()
  })

  test('X-11 goes to one who waits under another offering for the same table', async () => {
    await claims.addUnits('range', ['T1'])
    await claims.addUnits('range', ['T1'], { offering: 'lunch' })
    await claims.pool.query(`UPDATE units SET resource = 'table/bistro/T1'`)
    const dinner = await held([{ unit: 'T1', from: 18, to: 20 }])
    const place = await queue.wait([{ offering: 'lunch', unit: null, from: 19, to: 20 }])
    await claims.release(dinner)
    expect(await queue.status(place)).toBe('offered')
  })

  test('X-11 all items or nothing: one of two seats is not kept for who wants both', async () => {
    await claims.addUnits('unique', ['A', 'B'])
    const [a, b] = [await held([{ unit: 'A' }]), await held([{ unit: 'B' }])]
    const both = await queue.wait([{ unit: 'A' }, { unit: 'B' }])
    await claims.release(a)
    expect(await queue.status(both)).toBe('waiting')
    const stranger = await held([{ unit: 'A' }])
    await claims.release(b)
    await claims.release(stranger)
    expect(await claims.states(both.booking)).toEqual(['held', 'held'])
  })

  test('H-19 by two releases at one moment is kept for who wants both, whichever saw what', async () => {
    await claims.addUnits('unique', ['A', 'B'])
    const [a, b] = [await held([{ unit: 'A' }]), await held([{ unit: 'B' }])]
    const both = await queue.wait([{ unit: 'A' }, { unit: 'B' }])
    const [one, two] = [await claims.pool.connect(), await claims.pool.connect()]
    try {
      for (const [connection, lock] of [[one, a] as const, [two, b] as const]) {
        await connection.query('BEGIN')
        await connection.query(`SELECT release_claims($1, 'cancelled')`, [lock])
        // Its offers are made now, while the other one's release cannot be seen.
        await connection.query('SET CONSTRAINTS ALL IMMEDIATE')
      }
      await Promise.all([one.query('COMMIT'), two.query('COMMIT')])
    } finally {
      one.release()
      two.release()
    }
    expect(await queue.status(both)).toBe('waiting')
    expect(await claims.hold([{ unit: 'A' }])).toBeNull()
    await queue.poll()
    expect(await queue.status(both)).toBe('offered')
  })

  test('H-19 by two releases that want each other’s units for those who wait ends both, and one of the two is offered', async () => {
    await claims.addUnits('counter', ['X', 'Y'], { capacity: 3 })
    const [x, y] = [await held([{ unit: 'X' }]), await held([{ unit: 'Y' }])]
    await held([{ unit: 'X' }, { unit: 'Y' }])
    const places = [
      await queue.wait([{ unit: 'X', quantity: 2 }, { unit: 'Y' }]),
      await queue.wait([{ unit: 'X' }, { unit: 'Y', quantity: 2 }]),
    ]
    const [one, two] = [await claims.pool.connect(), await claims.pool.connect()]
    try {
      for (const [connection, lock] of [[one, x] as const, [two, y] as const]) {
        await connection.query('BEGIN')
        await connection.query(`SELECT release_claims($1, 'cancelled')`, [lock])
      }
      await Promise.all([one.query('COMMIT'), two.query('COMMIT')])
    } finally {
      one.release()
      two.release()
    }
    expect(await claims.states(x)).toEqual(['released'])
    await queue.poll()
    expect(await offeredOf(places)).toHaveLength(1)
    expect(await queue.forgotten()).toBe(0)
    expect(await claims.contradictions()).toEqual([])
  })

  test('X-11 by the cancellation of one item of several is offered, and the others stay', async () => {
    await claims.addUnits('unique', ['A', 'B'])
    const owner = await held([{ unit: 'A' }, { unit: 'B' }])
    const [a, b] = [await queue.wait([{ unit: 'A' }]), await queue.wait([{ unit: 'B' }])]
    await claims.pool.query(`SELECT release_claims($1, 'item_cancelled', ARRAY['2'])`, [owner])
    expect(await queue.statuses([a, b])).toEqual(['waiting', 'offered'])
    expect(await claims.states(owner)).toEqual(['held', 'released'])
  })

  test('X-11 A-20 by a larger capacity, an end of a block or a new unit is offered as well', async () => {
    await claims.addUnits('counter', ['slot'], { capacity: 1 })
    await claims.addUnits('unique', ['A'], { offering: 'hall' })
    await held([{ unit: 'slot' }])
    await claims.pool.query(`UPDATE units SET blocked = true WHERE id = 'A'`)
    const more = await queue.wait([{ unit: 'slot' }])
    const [seat, any] = [
      await queue.wait([{ offering: 'hall', unit: 'A' }]),
      await queue.wait([{ offering: 'hall', unit: null }]),
    ]
    await claims.pool.query(`UPDATE units SET capacity = 2 WHERE id = 'slot'`)
    await claims.pool.query(`UPDATE units SET blocked = false WHERE id = 'A'`)
    expect(await queue.statuses([more, seat, any])).toEqual(['offered', 'offered', 'waiting'])
    await claims.addUnits('unique', ['B'], { offering: 'hall' })
    expect(await queue.status(any)).toBe('offered')
  })

  test('X-11 goes to nobody whose time has passed', async () => {
    await claims.addUnits('unique', ['A'])
    const owner = await held([{ unit: 'A' }])
    const [late, next] = [
      await queue.wait([{ unit: 'A' }], { closes: 'past' }),
      await queue.wait([{ unit: 'A' }], { closes: 'future' }),
    ]
    await claims.release(owner)
    await queue.poll()
    expect(await queue.statuses([late, next])).toEqual(['expired', 'offered'])
  })

  test('X-11 nobody waits for one thing twice, and again once that is over', async () => {
    await claims.addUnits('unique', ['A'])
    await held([{ unit: 'A' }])
    const place = await queue.wait([{ unit: 'A' }], { customer: 'ada' })
    await expect(queue.wait([{ unit: 'A' }], { customer: 'ada' })).rejects.toThrow('waitlist_entries_once')
    await queue.withdraw(place)
    expect(await queue.status(await queue.wait([{ unit: 'A' }], { customer: 'ada' }))).toBe('waiting')
  })
})
