import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { openClaims, type Claims, type Lease, type Mechanism, type Wish } from './claims.ts'

const CONNECTIONS = 24

let claims: Claims
beforeAll(async () => {
  claims = await openClaims(CONNECTIONS)
})
afterAll(() => claims.close())
beforeEach(async () => {
  await claims.pool.query('TRUNCATE claims, units, offerings CASCADE')
})

/** `each(n)` for n below `count`, all at once on the connections there are. */
function atOnce<Answer>(count: number, each: (n: number) => Promise<Answer>): Promise<Answer[]> {
  return Promise.all(Array.from({ length: count }, (_, n) => each(n)))
}

const CASES: { mechanism: Mechanism; capacity: number; wish: (n: number) => Wish }[] = [
  { mechanism: 'unique', capacity: 1, wish: () => ({ unit: 'u' }) },
  { mechanism: 'counter', capacity: 3, wish: () => ({ unit: 'u' }) },
  { mechanism: 'range', capacity: 1, wish: (n) => ({ unit: 'u', from: 10 - (n % 3) / 4, to: 11 + (n % 2) / 2 }) },
]

describe.each(CASES)('H-01 a unit guarded by $mechanism', ({ mechanism, capacity, wish }) => {
  beforeEach(() => claims.addUnits(mechanism, ['u'], { capacity }))

  test('goes to as many of 200 at once as it has places, and again when they gave it back', async () => {
    for (const _ of [1, 2]) {
      const held = (await atOnce(200, (n) => claims.hold([wish(n)]))).filter((each) => each !== null)
      expect(held).toHaveLength(capacity)
      const given = await atOnce(held.length * 3, (n) => claims.release(held[n % held.length]!.lock))
      expect(given.reduce((sum, count) => sum + count, 0)).toBe(capacity)
    }
    expect(await claims.contradictions()).toEqual([])
  })

  test('X-14 when its leases lapsed, is taken over by as many of 200 at once as it has places', async () => {
    for (let n = 0; n < capacity; n += 1) expect(await claims.hold([wish(n)], 'lapsed')).not.toBeNull()
    const held = await atOnce(200, (n) => claims.hold([wish(n)]))
    expect(held.filter((each) => each !== null)).toHaveLength(capacity)
    expect(await claims.contradictions()).toEqual([])
  })

  test('X-05 X-14 of a commit and those who take it over at that moment, exactly one side gets it', async () => {
    const outcomes = { committed: 0, taken: 0 }
    for (let round = 0; round < 30; round += 1) {
      const lapsed = await Promise.all(Array.from({ length: capacity }, (_, n) => claims.hold([wish(n)], 'lapsed')))
      const locks = lapsed.map((each) => each?.lock ?? '')
      const commit = () => atOnce(locks.length, (n) => claims.commit(locks[n] ?? ''))
      const take = () => atOnce(6, (n) => claims.hold([wish(n)]))
      const [commits, others] = await (round === 0
        ? first(commit, take)
        : round === 1
          ? second(commit, take)
          : race(commit, take))
      const committed = commits.filter(Boolean).length
      const taken = others.filter((each) => each !== null)
      expect(committed + taken.length).toBeLessThanOrEqual(capacity)
      expect(committed + taken.length).toBeGreaterThan(0)
      outcomes.committed += committed
      outcomes.taken += taken.length
      for (const [n, lock] of locks.entries()) {
        expect(await claims.states(lock)).toEqual([commits[n] === true ? 'committed' : 'released'])
        await claims.release(lock)
      }
      for (const { lock } of taken) await claims.release(lock)
    }
    // The first two rounds are no race: one way each, for certain.
    expect(outcomes.committed).toBeGreaterThan(0)
    expect(outcomes.taken).toBeGreaterThan(0)
    expect(await claims.contradictions()).toEqual([])
  })

  test('X-14 a lease that is being paid for is never taken over, however long ago it lapsed', async () => {
    const held = await Promise.all(Array.from({ length: capacity }, (_, n) => claims.hold([wish(n)])))
    for (const each of held) await claims.renew(each?.lock ?? '', 'lapsed', true)
    expect(await atOnce(50, (n) => claims.hold([wish(n)]))).toEqual(Array.from({ length: 50 }, () => null))
    for (const each of held) expect(await claims.commit(each?.lock ?? '')).toBe(true)
  })

  test('a lease renewed in time is not taken over; one renewed too late stays lost', async () => {
    const kept = await claims.hold([wish(0)], 'lapsed')
    await claims.renew(kept?.lock ?? '', 'running')
    for (let n = 1; n < capacity; n += 1) await claims.hold([wish(n)])
    expect(await claims.hold([wish(0)])).toBeNull()

    await claims.renew(kept?.lock ?? '', 'lapsed')
    const next = await claims.hold([wish(0)])
    expect(next).not.toBeNull()
    await claims.renew(kept?.lock ?? '', 'running')
    expect(await claims.states(kept?.lock ?? '')).toEqual(['released'])
    expect(await claims.commit(kept?.lock ?? '')).toBe(false)
    expect(await claims.commit(next?.lock ?? '')).toBe(true)
  })

  test('X-02 what was lost can be committed again once it is free, on the very same unit', async () => {
    const late = await claims.hold([wish(0)])
    await claims.release(late?.lock ?? '')
    const others = await Promise.all(Array.from({ length: capacity }, (_, n) => claims.hold([wish(n)])))
    expect(await claims.commit(late?.lock ?? '')).toBe(false)
    await claims.release(others[0]?.lock ?? '')
    expect(await claims.commit(late?.lock ?? '')).toBe(true)
    expect(await claims.states(late?.lock ?? '')).toEqual(['committed'])
    expect(await claims.contradictions()).toEqual([])
  })
})

describe('T-01 ranges', () => {
  beforeEach(() => claims.addUnits('range', ['room']))

  test('may touch, and may not share a minute', async () => {
    expect(await claims.hold([{ unit: 'room', from: 10, to: 11 }])).not.toBeNull()
    expect(await claims.hold([{ unit: 'room', from: 11, to: 12 }])).not.toBeNull()
    expect(await claims.hold([{ unit: 'room', from: 9, to: 10 }])).not.toBeNull()
    for (const [from, to] of [
      [10.5, 10.75],
      [9.5, 10.25],
      [11.5, 13],
      [8, 14],
    ] as const) {
      expect(await claims.hold([{ unit: 'room', from, to }])).toBeNull()
    }
  })

  test('of 200 random ranges at once, those that got the room do not overlap, and nobody else would have fitted', async () => {
    const random = seeded(11)
    const wishes = Array.from({ length: 200 }, () => {
      const from = Math.floor(random() * 44) / 2
      return { unit: 'room', from, to: from + 0.5 + Math.floor(random() * 4) / 2 }
    })
    const held = await atOnce(200, (n) => claims.hold([wishes[n]!]))
    const got = wishes.filter((_, n) => held[n] !== null)
    expect(got.length).toBeGreaterThan(5)
    for (const wish of wishes) {
      const overlaps = got.filter(({ from, to }) => from < wish.to && wish.from < to)
      expect(overlaps.length).toBeGreaterThan(0)
      if (got.includes(wish)) expect(overlaps).toEqual([wish])
    }
  })
})

describe('V-01 a pool', () => {
  test('gives 40 parties at once 40 different tables, each the smallest that was left', async () => {
    await claims.addUnits('range', numbered('small', 20), { seats: 2 })
    await claims.addUnits('range', numbered('large', 20), { seats: 6 })
    const held = await atOnce(60, () => claims.hold([{ unit: null, from: 19, to: 21, partySize: 2 }]))
    const tables = held.flatMap((each) => each?.units ?? [])
    expect(new Set(tables).size).toBe(40)
    expect(tables).toHaveLength(40)
    expect(await claims.hold([{ unit: null, from: 21, to: 22, partySize: 5 }])).toMatchObject({ units: ['large-1'] })
    expect(await claims.hold([{ unit: null, from: 21, to: 22, partySize: 7 }])).toBeNull()
  })

  test('gives one booking two different tables', async () => {
    await claims.addUnits('range', ['T1', 'T2'])
    const party = { unit: null, from: 19, to: 21 }
    expect(await claims.hold([party, party])).toMatchObject({ units: ['T1', 'T2'] })
    expect(await claims.hold([party])).toBeNull()
  })
})

describe('E-01 several units in one booking', () => {
  test('are held all or none by 100 who want overlapping sets of three, in any order', async () => {
    await claims.addUnits('unique', numbered('A', 12))
    const random = seeded(12)
    const wishes = Array.from({ length: 100 }, () => shuffled(numbered('A', 12), random).slice(0, 3))
    const held = await atOnce(100, (n) => claims.hold(wishes[n]!.map((unit) => ({ unit }))))
    const seats = held.flatMap((each) => each?.units ?? [])
    expect(new Set(seats).size).toBe(seats.length)
    const { rows } = await claims.pool.query<{ live: string }>('SELECT count(*) AS live FROM claims')
    expect(Number(rows[0]?.live)).toBe(seats.length)
  })

  test('the answer names the item that was not to be had', async () => {
    await claims.addUnits('unique', ['A1', 'A2'])
    await claims.hold([{ unit: 'A2' }])
    await expect(
      claims.pool.query('SELECT claim_units(gen_random_uuid(), now(), now(), $1::jsonb)', [
        JSON.stringify(
          ['A1', 'A2'].map((unit_id, n) => ({ item_id: `i${n}`, offering_id: 'o', unit_id, quantity: 1 })),
        ),
      ]),
    ).rejects.toMatchObject({ code: 'HF001', detail: 'i1' })
    expect(await claims.hold([{ unit: 'A1' }])).not.toBeNull()
  })
})

describe('H-01 everybody does everything at once', () => {
  test('no unit is ever above its capacity, no committed claim is lost, and no paying one is taken', async () => {
    await claims.addUnits('unique', numbered('seat', 6))
    await claims.addUnits('counter', numbered('slot', 3), { offering: 'slots', capacity: 4 })
    await claims.addUnits('range', numbered('room', 3), { offering: 'rooms' })
    const watch = watching()
    const committed = new Set<string>()
    const lost: string[] = []
    await atOnce(CONNECTIONS - 2, async (worker) => {
      const random = seeded(100 + worker)
      for (let step = 0; step < 30; step += 1) {
        const lease: Lease = random() < 0.6 ? 'lapsed' : 'running'
        const held = await claims.hold(anyWishes(random), lease)
        if (held === null) continue
        const paying = random() < 0.4
        if (paying) await claims.renew(held.lock, 'lapsed', true)
        const safe = paying && (await claims.states(held.lock)).every((state) => state === 'held')
        if (random() < 0.5) {
          if (await claims.commit(held.lock)) committed.add(held.lock)
          else {
            if (safe) lost.push(held.lock)
            await claims.release(held.lock)
          }
        }
        if (random() < 0.6) {
          committed.delete(held.lock)
          await claims.release(held.lock)
        }
      }
    })
    expect(await watch.stop()).toEqual([])
    expect(await claims.contradictions()).toEqual([])
    expect(lost).toEqual([])
    expect(committed.size).toBeGreaterThan(0)
    for (const lock of committed) expect(new Set(await claims.states(lock))).toEqual(new Set(['committed']))
    // A broken circle costs its victim a second: a handful can be borne, a habit not.
    expect(claims.deadlocks()).toBeLessThan(20)
  })
})

async function first<A, B>(one: () => Promise<A>, other: () => Promise<B>): Promise<[A, B]> {
  return [await one(), await other()]
}

async function second<A, B>(one: () => Promise<A>, other: () => Promise<B>): Promise<[A, B]> {
  const answer = await other()
  return [await one(), answer]
}

function race<A, B>(one: () => Promise<A>, other: () => Promise<B>): Promise<[A, B]> {
  return Promise.all([one(), other()])
}

/** One to three units of all three mechanisms, in any order. */
function anyWishes(random: () => number): Wish[] {
  const from = 8 + Math.floor(random() * 8)
  const all: Wish[] = [
    ...numbered('seat', 6).map((unit) => ({ unit })),
    ...numbered('slot', 3).map((unit) => ({ offering: 'slots', unit, quantity: 1 + Math.floor(random() * 2) })),
    ...numbered('room', 3).map((unit) => ({ offering: 'rooms', unit, from, to: from + 2 })),
  ]
  return shuffled(all, random).slice(0, 1 + Math.floor(random() * 3))
}

/** Looks for contradictions all the time until stopped; answers with what it saw. */
function watching(): { stop(): Promise<object[]> } {
  const seen: object[] = []
  const over = new AbortController()
  onTestFinished(() => over.abort())
  const done = (async () => {
    do seen.push(...(await claims.contradictions()))
    while (!over.signal.aborted)
    return seen
  })()
  return {
    stop: () => {
      over.abort()
      return done
    },
  }
}

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${name}-${n + 1}`)
}

function shuffled<Entry>(entries: readonly Entry[], random: () => number): Entry[] {
  return entries
    .map((entry) => ({ entry, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ entry }) => entry)
}

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
