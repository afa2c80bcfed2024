import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openClaims, type Claims, type Mechanism, type Wish } from './claims.ts'
import { queueOn, type Place, type Queue } from './queue.ts'

let claims: Claims
let queue: Queue
beforeAll(async () => {
  claims = await openClaims(24)
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

async function held(wishes: readonly Wish[], lease: 'running' | 'lapsed' = 'running'): Promise<string> {
  const hold = await claims.hold(wishes, lease)
  expect(hold).not.toBeNull()
  return hold!.lock
}

const KINDS: { mechanism: Mechanism; wish: Wish; pool: Wish }[] = [
  { mechanism: 'unique', wish: { unit: 'u' }, pool: { unit: null } },
  { mechanism: 'counter', wish: { unit: 'u', quantity: 2 }, pool: { unit: null, quantity: 2 } },
  { mechanism: 'range', wish: { unit: 'u', from: 10, to: 11 }, pool: { unit: null, from: 10, to: 11 } },
]

describe.each(KINDS)('X-11 what somebody waits for, guarded by $mechanism', ({ mechanism, wish, pool }) => {
  beforeEach(() => claims.addUnits(mechanism, ['u'], { capacity: 2 }))

  test('X-11 H-19 comes free and is the first one’s with that, and after three who did not answer the fourth’s', async () => {
    const owner = await held([wish])
    const places = await inTurn(5, (n) => queue.wait([n % 2 === 0 ? wish : pool]))
    expect(await queue.statuses(places)).toEqual(Array.from({ length: 5 }, () => 'waiting'))
    await claims.release(owner)
    for (const [n, place] of places.entries()) {
      expect(await queue.statuses(places)).toEqual(
        places.map((_, m) => (m < n ? 'expired' : m === n ? 'offered' : 'waiting')),
      )
      expect(await claims.states(place.booking)).toEqual(['held'])
      expect(await claims.hold([wish])).toBeNull()
      if (n === 3) break
      await queue.runOut(place)
      await queue.poll()
    }
    expect(await queue.accept(places[3]!)).toBe(true)
    expect(await queue.statuses(places)).toEqual(['expired', 'expired', 'expired', 'accepted', 'waiting'])
    expect(await claims.contradictions()).toEqual([])
  })

  test('H-19 of one freed, 50 who wait and 200 who hammer, the first who waits gets it, and nobody else ever', async () => {
    const owner = await held([wish])
    const places = await inTurn(50, () => queue.wait([wish]))
    const hammering = Promise.all(Array.from({ length: 200 }, () => claims.hold([wish])))
    await Promise.all([claims.release(owner), queue.poll(), queue.poll()])
    expect((await hammering).filter((each) => each !== null)).toEqual([])
    expect(await queue.statuses(places)).toEqual(places.map((_, n) => (n === 0 ? 'offered' : 'waiting')))
    expect(await claims.contradictions()).toEqual([])
  })

  test('H-19 X-14 of a lease that lapsed, nobody else takes it over: the poller passes it on', async () => {
    const late = await held([wish], 'lapsed')
    const place = await queue.wait([wish])
    expect((await Promise.all(Array.from({ length: 40 }, () => claims.hold([wish])))).filter(Boolean)).toEqual([])
    await queue.poll()
    expect(await queue.status(place)).toBe('offered')
    expect(await claims.commit(late)).toBe(false)
  })

  test('X-11 while it is being paid for stays its booking’s', async () => {
    const payer = await held([wish])
    await claims.renew(payer, 'lapsed', true)
    const place = await queue.wait([wish])
    await queue.poll()
    expect(await queue.status(place)).toBe('waiting')
    expect(await claims.commit(payer)).toBe(true)
  })

  test('X-11 given up and taken again in one transaction never was free', async () => {
    const owner = await held([wish])
    const place = await queue.wait([wish])
    const connection = await claims.pool.connect()
    try {
      await connection.query('BEGIN')
      await connection.query(`SELECT release_claims($1, 'changed')`, [owner])
      await connection.query('SELECT commit_claims($1)', [owner])
      await connection.query('COMMIT')
    } finally {
      connection.release()
    }
    expect(await queue.status(place)).toBe('waiting')
    expect(await claims.states(owner)).toEqual(['committed'])
  })

  test('A-24 is withdrawn while offered, and is the next one’s at once', async () => {
    const owner = await held([wish])
    const [first, second] = await inTurn(2, () => queue.wait([wish]))
    await claims.release(owner)
    expect(await queue.withdraw(first!)).toBe('withdrawn')
    expect(await queue.statuses([first!, second!])).toEqual(['withdrawn', 'offered'])
    expect(await queue.withdraw(first!)).toBe('withdrawn')
    expect(await queue.accept(first!)).toBe(false)
    expect(await queue.accept(second!)).toBe(true)
    expect(await queue.withdraw(second!)).toBe('accepted')
  })

  test('A-24 accepted at the moment its time is over, is either its booking’s or the next one’s', async () => {
    await inTurn(10, async (n) => {
      const owner = await held([wish])
      const [first, second] = await inTurn(2, () => queue.wait([wish]))
      await claims.release(owner)
      // The offer ends 30 ms from now; it is accepted a little before, at, or a little after that.
      await queue.runOut(first!, 30)
      const accepting = setTimeout(n * 7).then(() => queue.accept(first!))
      const settled = async () => {
        await queue.poll()
        return (await queue.statuses([first!, second!])).join(' ')
      }
      await expect.poll(settled, { interval: 2, timeout: 10_000 }).toMatch(/^(accepted waiting|expired offered)$/)
      expect(await settled()).toBe((await accepting) ? 'accepted waiting' : 'expired offered')
      expect(await claims.contradictions()).toEqual([])
      await claims.pool.query('TRUNCATE waitlist_wishes, waitlist_entries, claims CASCADE')
      await claims.pool.query('UPDATE units SET claimed = 0')
    })
  })
})

test('H-19 everybody does everything at once: capacity holds, nobody is forgotten, and no circle of waiting is left', async () => {
  await claims.addUnits('counter', ['s1', 's2', 's3'], { capacity: 2 })
  await claims.addUnits('unique', ['A', 'B', 'C'], { offering: 'hall' })
  const random = seeded(19)
  const wishes = (): Wish[] => {
    const slots = ['s1', 's2', 's3'].filter(() => random() < 0.5).map((unit) => ({ unit }))
    const seats = ['A', 'B', 'C'].filter(() => random() < 0.4).map((unit) => ({ offering: 'hall', unit }))
    const all = [...slots, ...seats]
    return random() < 0.5 && all.length > 0 ? all : [{ unit: 's1' }]
  }
  const places: Place[] = []
  await Promise.all(
    Array.from({ length: 12 }, async () => {
      const own: string[] = []
      await inTurn(25, async () => {
        const dice = random()
        const hold = dice < 0.45 ? await claims.hold(wishes(), random() < 0.2 ? 'lapsed' : 'running') : null
        if (hold !== null) own.push(hold.lock)
        else if (dice < 0.6) places.push(await queue.wait(wishes()))
        else if (dice < 0.7 && places.length > 0) await queue.withdraw(places[Math.floor(random() * places.length)]!)
        else if (dice < 0.8) await queue.poll()
        else await claims.release(own.pop() ?? places.at(-1)?.booking ?? '00000000-0000-0000-0000-000000000000')
      })
    }),
  )
  await queue.poll()
  expect(places.length).toBeGreaterThan(10)
  expect(await claims.contradictions()).toEqual([])
  expect(await queue.forgotten()).toBe(0)
  for (const place of places) {
    if ((await queue.status(place)) === 'waiting') expect(await claims.states(place.booking)).toEqual([])
  }
  expect(claims.deadlocks()).toBeLessThanOrEqual(2)
}, 120_000)

/** Mulberry32: the same numbers for the same seed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
