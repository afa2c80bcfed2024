import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dueOf, retained, type Booking, type Item } from '../domain/booking.ts'
import type { Fact } from '../domain/facts.ts'
import { isClosed } from '../domain/lifecycle.ts'
import { deadlineOf, isAtRest } from '../domain/deadlines.ts'
import { pendingEffects } from '../domain/effects.ts'
import { anItem, at, DUE, held, START } from '../domain/testing/builders.ts'
import { aMoment, happen, workedOn, type Moment, type Scene } from '../domain/testing/stimuli.ts'
import { complaintsAbout, complaintsAboutStep, isOutOfOurHands } from '../domain/testing/invariants.ts'
import { anOperation, openWorld } from '../domain/testing/world.ts'
import { onDeadline } from '../domain/decide.ts'
import { withConsequences } from '../domain/consequences.ts'
import { plusSeconds } from '../domain/time.ts'
import { PROFILES } from './index.ts'
import { PROFILE_NAMES, termsOf } from './profile.ts'

/** Machines are slow at times; a history is quick. */
const TIMEOUT = 60_000

/** In minutes. */
const DAY = 24 * 60

/** A new booking of any line of business, with offerings that override this and that. */
const aBooking: fc.Arbitrary<Booking> = fc
  .record({
    name: fc.constantFrom(...PROFILE_NAMES),
    requiresApproval: fc.boolean(),
    reserved: fc.constantFrom(false, false, true),
    due: fc.constantFrom(DUE, DUE, DUE, 0, 1),
    hasTime: fc.constantFrom(true, true, false),
    // On how many days its items are (N-80).
    days: fc.constantFrom(1, 1, 2, 3),
    policy: fc.record(
      {
        capture: fc.constantFrom('manual', 'manual', 'automatic'),
        onPaymentFailed: fc.constantFrom('cancel', 'retry'),
        noShowFeePercent: fc.constantFrom(0, 50, 100),
        noShowGraceSeconds: fc.constantFrom(0, 3600, null),
        processingGraceSeconds: fc.constantFrom(0, 1, 1800),
        refundTiers: fc.constantFrom([], [{ hoursBefore: 0, percent: 50 }]),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ name, requiresApproval, reserved, due, hasTime, days, policy }) => {
    const terms = termsOf(PROFILES[name], {
      requiresApproval,
      policy,
    })
    const booking = held({
      due,
      policy: terms.policy,
      terms,
      hold: { reserved },
      // Two items or more, and a fee that does not divide.
      agreement: {
        profile: name,
        items: itemsOn(days, due),
        ...(hasTime ? { end: at(START + (days - 1) * DAY + 60) } : { start: null, end: null }),
      },
    })
    return withConsequences(booking, [], { now: booking.createdAt }).booking
  })

function itemsOn(days: number, due: number): Item[] {
  const parts = days === 3 ? [3, 2, 10] : [3, 2]
  return parts.map((part, index) => {
    const start = START + (index % days) * DAY
    return anItem(String(index + 1), Math.floor(due / part), { start: at(start), end: at(start + 60) })
  })
}

/** Plays a history and keeps what was said against it on the way. */
function play(booking: Booking, moments: readonly Moment[]): Scene & { facts: Fact[]; complaints: string[] } {
  let scene: Scene = { booking, now: booking.createdAt }
  const facts: Fact[] = []
  const complaints: string[] = []
  for (const moment of moments) {
    const before = scene.booking
    const outcome = happen(scene, moment)
    complaints.push(...complaintsAboutStep(before, outcome.facts, outcome.booking))
    complaints.push(...complaintsAbout(outcome.booking, outcome.now))
    facts.push(...outcome.facts)
    scene = outcome
    if (complaints.length > 0) break
  }
  return { ...scene, facts, complaints }
}

/** Lets a world that does its work bring the booking to rest: what is due is done, and every timer fires. Counts the steps. */
function settleDown({ booking, now }: Scene): Scene & { steps: number } {
  let scene: Scene = { booking, now }
  for (let steps = 0; steps < 60; steps += 1) {
    if (isAtRest(scene.booking, scene.now)) return { ...scene, steps }
    const effect = pendingEffects(scene.booking, scene.now)[0]
    const deadline = deadlineOf(scene.booking)
    const now =
      effect === undefined && deadline !== null && deadline.at > scene.now ? deadline.at : plusSeconds(scene.now, 1)
    const outcome =
      effect === undefined ? onDeadline(scene.booking, now) : workedOn(scene.booking, effect, 'done', { now })
    scene = { booking: outcome.booking, now }
  }
  return { ...scene, steps: Infinity }
}

describe('whatever happens, in whatever order and however often', () => {
  const moments = fc.array(aMoment, { minLength: 1, maxLength: 40, size: 'max' })

  test(
    'the invariants hold after every step (3,000 histories of all five profiles)',
    () => {
      fc.assert(
        fc.property(aBooking, moments, (booking, moments) => {
          const { complaints, facts } = play(booking, moments)
          expect(complaints).toEqual([])
          // Confirmed once; again only when it is revived, and undoing a no-show is another fact.
          const confirmed = facts.filter((fact) => fact.type === 'confirmed' && fact.trigger === 'confirm')
          expect(confirmed.length).toBeLessThanOrEqual(1)
        }),
        { numRuns: 3000 },
      )
    },
    TIMEOUT,
  )

  test(
    'H-20 nothing is ever stuck: when everybody does their work it comes to rest, with its money accounted for',
    () => {
      fc.assert(
        fc.property(aBooking, moments, (booking, moments) => {
          const { booking: end, now, steps } = settleDown(play(booking, moments))
          expect(steps).toBeLessThan(60)
          expect(JSON.parse(JSON.stringify(end))).toEqual(end)
          expect(complaintsAbout(end, now)).toEqual([])
          expect(['pending', 'awaiting_approval']).not.toContain(end.status)
          for (const { status } of end.payments) {
            if (isClosed(end.status)) expect(['succeeded', 'voided']).toContain(status)
          }
          // What somebody else took back (N-14) is missing, whatever may be kept.
          if (isClosed(end.status) && 'cancellation' in end && !isOutOfOurHands(end)) {
            expect(retained(end)).toBe(end.cancellation.keep)
          }
        }),
        { numRuns: 1500 },
      )
    },
    TIMEOUT,
  )
})

describe('a bank that keeps its promises, over a net that does not', () => {
  const operations = fc.array(anOperation, { minLength: 1, maxLength: 40, size: 'max' })

  test(
    'invariants 3 to 5: in the end the bank holds exactly what the booking says (2,000 histories)',
    () => {
      fc.assert(
        fc.property(aBooking, operations, (booking, operations) => {
          const world = openWorld(booking)
          for (const operation of operations) world.step(operation)
          expect(world.rest()).toBe(true)

          const { booking: end, bank } = world
          expect(complaintsAbout(end, world.now)).toEqual([])
          expect(bank.net()).toBe(retained(end))
          expect(bank.net()).toBeLessThanOrEqual(dueOf(end))
          for (const { id, status } of bank.intents) {
            // H-04, H-05: nothing is left authorised; what the booking knows of and nobody needs can no longer be paid.
            expect(status).not.toBe('authorized')
            const isKnown = end.payments.some(({ intentId }) => intentId === id)
            if (isKnown && isClosed(end.status)) expect(status).toBeOneOf(['succeeded', 'cancelled'])
          }
        }),
        { numRuns: 2000 },
      )
    },
    TIMEOUT,
  )
})
