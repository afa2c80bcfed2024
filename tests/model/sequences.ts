import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { openTable } from '../../clients/housekeeping/table.ts'
import { audit } from '../support/audit.ts'
import type { Caller } from '../support/caller.ts'
import { eventually } from '../support/eventually.ts'
import { ourTables, theirTables } from '../support/housekeeping.ts'
import { cannotSkip, openSkippingWorld, type SkippingWorld } from '../support/skipping.ts'
import { aScene, ROUNDS, type Scene } from './operations.ts'
import { book, perform, type Actor } from './play.ts'
import { setStage } from './stage.ts'

const WIDTH = 10
const LONG_AFTER_S = 60 * 86_400
const ENDS = ['cancelled', 'completed', 'confirmed', 'expired', 'no_show', 'refunded']

/** Declares the test that plays so many random sequences of operations over all profiles, the same ones for the same seed. */
export function playSequences(count: number, seed: number): void {
  describe.skipIf(cannotSkip)('whatever people do, in whatever order (needs time-skipping server)', () => {
    play(count, seed)
  })
}

function play(count: number, seed: number): void {
  let world: SkippingWorld
  let operator: Caller
  const counted: Record<string, number> = {}
  const ends: Record<string, number> = {}
  const tables = new DatabaseSync(':memory:')
  const reader = openTable(tables)
  let read = 0n
  beforeAll(async () => {
    world = await openSkippingWorld()
    operator = await world.as('operator', 'olga')
  })
  afterAll(() => world?.close())

  test(
    `invariants 1 to 8, every balance and the tables of a reader of the stream hold after each of ${count} random sequences over all profiles (seed ${seed})`,
    async () => {
      let scenes = 0
      await fc.assert(
        fc.asyncProperty(aScene(WIDTH), async (scene) => {
          scenes += 1
          await live(scene, scenes)
        }),
        { seed: seed, numRuns: Math.ceil(count / WIDTH), endOnFailure: true },
      )
      expect(scenes * WIDTH).toBeGreaterThanOrEqual(count)
      // It proves little if nobody gets far: of many, every end there is has been come to.
      const expected = count < 300 ? ['cancelled', 'confirmed', 'expired'] : ENDS
      expect(Object.keys(ends)).toEqual(expect.arrayContaining(expected))
      process.stdout.write(`seed ${seed}: ${scenes * WIDTH} sequences: ${JSON.stringify({ answers: counted, ends })}\n`)
    },
    // 0.2 s each on two cores; a bound for what hangs.
    count * 3000,
  )

  async function live({ sequences, waits }: Scene, n: number): Promise<void> {
    const stage = await setStage(world)
    const actors: Actor[] = await Promise.all(
      sequences.map(async (sequence, index) => ({
        sequence,
        customer: await world.as('customer', `actor-${n}-${index}`),
        bookings: [],
      })),
    )
    const tally = (what: string) => (counted[what] = (counted[what] ?? 0) + 1)
    await Promise.all(actors.map((actor) => book({ stage, count: tally }, actor, actor.sequence.choice)))
    for (let round = 0; round < ROUNDS; round += 1) {
      await Promise.all(
        actors.map((actor) =>
          perform({ world, stage, operator, count: tally }, actor, actor.sequence.operations[round]!),
        ),
      )
      const wait = waits[round]!
      if (wait > 0) await world.skip(wait)
      await audit(world.parts, world.ledger)
      await rebuilds()
    }
    await world.skip(LONG_AFTER_S)
    for (const id of actors.flatMap(({ bookings }) => bookings)) {
      const { status } = await comesToRest(id)
      ends[status] = (ends[status] ?? 0) + 1
    }
    await audit(world.parts, world.ledger)
    await rebuilds()
  }

  /** The tables of a reader that has only the stream are the product's (W-04); bookings may move on while it reads. */
  async function rebuilds(): Promise<void> {
    await eventually(async () => {
      const ours = await ourTables(world.parts.database)
      const told = await world.parts.database.outboxMessage.findMany({
        // Some of the last ones once more: a message may be committed after one with a larger id, and the reader takes what comes twice or late.
        where: { id: { gt: read - 1000n }, eventType: 'booking.changed' },
        orderBy: { id: 'asc' },
      })
      for (const { eventType, payload } of told) reader.apply({ type: eventType, body: payload })
      read = told.at(-1)?.id ?? read
      expect(theirTables(tables)).toEqual(ours)
    })
  }

  /** Nothing is open or owed any more (H-20); what a person is called for, a person sees to. */
  function comesToRest(id: string): Promise<BookingBody> {
    return eventually(async () => {
      const { body } = await operator.get<BookingBody>(`/bookings/${id}`)
      if (body.attention?.reason === 'refund_failed') {
        await operator.post(`/bookings/${id}/operations`, { operation: 'retry', reason: 'the bank is back' })
      }
      expect(body, JSON.stringify(body)).toMatchObject({ waiting_for: null, next_deadline: null, attention: null })
      expect(['pending', 'awaiting_approval']).not.toContain(body.status)
      return body
    })
  }
}
