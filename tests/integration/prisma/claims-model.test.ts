import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openClaims, type Claims, type Lease, type Mechanism } from './claims.ts'

let claims: Claims
beforeAll(async () => {
  claims = await openClaims(8)
})
afterAll(() => claims.close())

type Step =
  | { readonly do: 'hold'; readonly lease: Lease; readonly quantity: number; readonly from: number }
  | { readonly do: 'commit'; readonly which: number }
  | { readonly do: 'release'; readonly which: number }
  | { readonly do: 'renew'; readonly which: number; readonly lease: Lease; readonly paying: boolean }

const lease = fc.constantFrom<Lease>('running', 'lapsed')
const which = fc.nat(8)
const step = fc.oneof<fc.Arbitrary<Step>[]>(
  fc.record({ do: fc.constant('hold'), lease, quantity: fc.integer({ min: 1, max: 3 }), from: fc.nat(5) }),
  fc.record({ do: fc.constant('commit'), which }),
  fc.record({ do: fc.constant('release'), which }),
  fc.record({ do: fc.constant('renew'), which, lease, paying: fc.boolean() }),
)

const CAPACITY = 4

/** A claim as a person with pencil and paper would keep it. */
type Entry = {
  readonly lock: string
  readonly quantity: number
  readonly from: number
  state: 'held' | 'committed' | 'released'
  lease: Lease
  paying: boolean
}

class Paper {
  readonly entries: Entry[] = []
  readonly #mechanism: Mechanism

  constructor(mechanism: Mechanism) {
    this.#mechanism = mechanism
  }

  /** Makes room for a claim, by takeover where that is needed; false when there is none. */
  makeRoom({ lock, quantity, from }: Pick<Entry, 'lock' | 'quantity' | 'from'>): boolean {
    const others = this.entries.filter((entry) => entry.lock !== lock && entry.state !== 'released')
    const isLapsed = (entry: Entry) => entry.state === 'held' && entry.lease === 'lapsed' && !entry.paying
    if (this.#mechanism === 'counter') {
      const taken = (entries: Entry[]) => entries.reduce((sum, entry) => sum + entry.quantity, 0)
      if (taken(others) + quantity <= CAPACITY) return true
      if (taken(others.filter((entry) => !isLapsed(entry))) + quantity > CAPACITY) return false
      for (const entry of others.filter(isLapsed)) entry.state = 'released'
      return true
    }
    const inTheWay = others.filter((entry) => this.#mechanism === 'unique' || Math.abs(entry.from - from) < 2)
    if (inTheWay.some((entry) => !isLapsed(entry))) return false
    for (const entry of inTheWay) entry.state = 'released'
    return true
  }
}

/** Does a step in the database and on paper; both must say the same. */
async function both(mechanism: Mechanism, paper: Paper, operation: Step): Promise<void> {
  if (operation.do === 'hold') {
    const quantity = mechanism === 'counter' ? operation.quantity : 1
    const span = mechanism === 'range' ? { from: operation.from, to: operation.from + 2 } : {}
    const held = await claims.hold([{ unit: 'u', quantity, ...span }], operation.lease)
    const isFree = paper.makeRoom({ lock: '', quantity, from: operation.from })
    expect(held !== null).toBe(isFree)
    if (held !== null) {
      paper.entries.push({
        lock: held.lock,
        quantity,
        from: operation.from,
        state: 'held',
        lease: operation.lease,
        paying: false,
      })
    }
    return
  }
  const entry = paper.entries[operation.which % Math.max(1, paper.entries.length)]
  if (entry === undefined) return
  if (operation.do === 'release') {
    expect(await claims.release(entry.lock)).toBe(entry.state === 'released' ? 0 : 1)
    entry.state = 'released'
  } else if (operation.do === 'commit') {
    const isHere = entry.state !== 'released' || paper.makeRoom(entry)
    expect(await claims.commit(entry.lock)).toBe(isHere)
    if (isHere) Object.assign(entry, { state: 'committed', paying: false })
  } else {
    await claims.renew(entry.lock, operation.lease, operation.paying)
    if (entry.state !== 'released')
      Object.assign(entry, { state: 'held', lease: operation.lease, paying: operation.paying })
  }
}

async function freshUnit(mechanism: Mechanism): Promise<void> {
  await claims.pool.query('TRUNCATE claims, units, offerings CASCADE')
  await claims.addUnits(mechanism, ['u'], { capacity: CAPACITY })
}

describe.each(['unique', 'counter', 'range'] as const)('H-01 X-14 claims guarded by %s', (mechanism) => {
  test('one after the other do what they would on paper: hold, take over, commit, renew, release', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => {
        await freshUnit(mechanism)
        const paper = new Paper(mechanism)
        for (const operation of steps) await both(mechanism, paper, operation)
        for (const { lock, state } of paper.entries) expect(await claims.states(lock)).toEqual([state])
        expect(await claims.contradictions()).toEqual([])
      }),
      { numRuns: 40, seed: 20_261_121, endOnFailure: true },
    )
  })

  test('at once, in whatever order, are never above capacity, and what was committed stays', async () => {
    const program = fc.array(step, { minLength: 2, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(fc.array(program, { minLength: 3, maxLength: 6 }), async (programs) => {
        await freshUnit(mechanism)
        const committed = (await Promise.all(programs.map((steps) => run(mechanism, steps)))).flat()
        expect(await claims.contradictions()).toEqual([])
        for (const lock of committed) expect(await claims.states(lock)).toEqual(['committed'])
      }),
      { numRuns: 25, seed: 20_261_121, endOnFailure: true },
    )
  })
})

/** One customer's steps on their own locks; answers with those that ended committed. */
async function run(mechanism: Mechanism, steps: readonly Step[]): Promise<string[]> {
  const locks: string[] = []
  const committed = new Set<string>()
  for (const operation of steps) {
    const lock = operation.do === 'hold' ? undefined : locks[operation.which % Math.max(1, locks.length)]
    if (operation.do === 'hold') {
      const span = mechanism === 'range' ? { from: operation.from, to: operation.from + 2 } : {}
      const quantity = mechanism === 'counter' ? operation.quantity : 1
      const held = await claims.hold([{ unit: 'u', quantity, ...span }], operation.lease)
      if (held !== null) locks.push(held.lock)
    } else if (lock !== undefined && operation.do === 'commit') {
      if (await claims.commit(lock)) committed.add(lock)
    } else if (lock !== undefined && operation.do === 'release') {
      await claims.release(lock)
      committed.delete(lock)
    } else if (lock !== undefined && operation.do === 'renew' && !committed.has(lock)) {
      await claims.renew(lock, operation.lease, operation.paying)
    }
  }
  return [...committed]
}

describe.each(['unique', 'counter', 'range'] as const)('X-14 a lapsed lease guarded by %s', (mechanism) => {
  beforeEach(() => freshUnit(mechanism))

  test('that its own booking gives up at the very moment somebody takes it over goes to them', async () => {
    const wish = { unit: 'u', quantity: mechanism === 'counter' ? CAPACITY : 1, from: 1, to: 2 }
    const old = await claims.hold([wish], 'lapsed')
    const owner = await claims.pool.connect()
    try {
      await owner.query('BEGIN')
      await owner.query(`SELECT release_claims($1, 'expired')`, [old?.lock])
      const next = claims.hold([wish])
      await untilOneWaits()
      await owner.query('COMMIT')
      expect(await next).not.toBeNull()
    } finally {
      owner.release()
    }
    expect(await claims.contradictions()).toEqual([])
  })
})

/** Until a transaction of this database waits for another one's lock. */
async function untilOneWaits(): Promise<void> {
  await expect
    .poll(
      async () => {
        const { rows } = await claims.pool.query<{ waiting: number }>(
          `SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        )
        return rows[0]?.waiting
      },
      { timeout: 20_000, interval: 20 },
    )
    .toBeGreaterThan(0)
}
