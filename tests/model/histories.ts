import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bookedItems, dueOf, leftOf, retained, type Booking } from '../../domain/booking.ts'
import { withConsequences } from '../../domain/consequences.ts'
import { deadlineOf, isAtRest } from '../../domain/deadlines.ts'
import { onDeadline } from '../../domain/decide.ts'
import { withdrawn } from '../../domain/disputes.ts'
import { pendingEffects } from '../../domain/effects.ts'
import type { Fact } from '../../domain/facts.ts'
import { isClosed } from '../../domain/lifecycle.ts'
import { anItem, at, DUE, held, START } from '../../domain/testing/builders.ts'
import { complaintsAbout, complaintsAboutStep, isOutOfOurHands } from '../../domain/testing/invariants.ts'
import { aMoment, type Moment } from '../../domain/testing/moments.ts'
import { anotherThan, happen, workedOn, type Scene } from '../../domain/testing/stimuli.ts'
import { anOperation, openWorld } from '../../domain/testing/world.ts'
import { plusSeconds } from '../../domain/time.ts'
import { PROFILES } from '../../profiles/index.ts'
import { PROFILE_NAMES, termsOf } from '../../profiles/profile.ts'

/** Long enough for a slow machine: 20 ms each. */
const SLOWEST_MS = 20

/** The first minutes of up to three items, a visit each or all of one: together, an evening, two days, two months. */
const DATES = [
  [0, 0, 0],
  [0, 180, 180],
  [0, 48 * 60, 48 * 60],
  [0, 30, 60 * 24 * 60],
  [60 * 24 * 60, 0, 48 * 60],
] as const

/** A new booking of any line of business, with offerings that override this and that: of one date or several, in any currency, for nothing or for little. */
const aBooking: fc.Arbitrary<Booking> = fc
  .record({
    name: fc.constantFrom(...PROFILE_NAMES),
    requiresApproval: fc.boolean(),
    reserved: fc.constantFrom(false, false, true),
    due: fc.constantFrom(DUE, DUE, DUE, 0, 1, 7),
    currency: fc.constantFrom('USD', 'USD', 'EUR', 'JPY', 'KWD'),
    count: fc.constantFrom(1, 2, 2, 3),
    dates: fc.constantFrom(null, ...DATES),
    policy: fc.record(
      {
        capture: fc.constantFrom('manual', 'manual', 'automatic'),
        onPaymentFailed: fc.constantFrom('cancel', 'retry'),
        noShowFeePercent: fc.constantFrom(0, 33, 50, 100),
        noShowGraceSeconds: fc.constantFrom(0, 3600, null),
        processingGraceSeconds: fc.constantFrom(0, 1, 1800),
        refundTiers: fc.constantFrom(
          [],
          [{ hoursBefore: 0, percent: 50 }],
          [
            { hoursBefore: 72, percent: 100 },
            { hoursBefore: 24, percent: 33 },
          ],
        ),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ name, requiresApproval, reserved, due, currency, count, dates, policy }) => {
    const terms = termsOf(PROFILES[name], { requiresApproval, policy })
    // Items that do not divide, and a fee.
    const amounts = [Math.floor(due / 3), Math.floor(due / 2), Math.floor(due / 7)].slice(0, count)
    const items = amounts.map((amount, index) => {
      const minute = START + (dates?.[index] ?? 0)
      return anItem(String(index + 1), amount, dates === null ? {} : { start: at(minute), end: at(minute + 60) })
    })
    const starts = items.map(({ start }) => start ?? '').toSorted()
    const ends = items.map(({ end }) => end ?? '').toSorted()
    const span = dates === null ? { start: null, end: null } : { start: starts[0]!, end: ends.at(-1)! }
    const booking = held({
      due,
      policy: terms.policy,
      terms,
      hold: { reserved },
      agreement: { profile: name, items, ...span },
    })
    const priced = { ...booking, price: { ...booking.price, currency } }
    return withConsequences(priced, [], { now: booking.createdAt }).booking
  })

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

/** Declares the tests that play so many random histories through the domain, the same ones for the same seed. A failure says its seed and path. */
export function playHistories(count: number, seed: number): void {
  /** Half of them are told anything, a quarter comes to rest after that, and a quarter has a bank that keeps its promises. */
  const playing = (share: number) => ({ seed, numRuns: Math.ceil(count * share) })
  const timeout = 10_000 + count * SLOWEST_MS
  const moments = fc.array(aMoment, { minLength: 1, maxLength: 40, size: 'max' })
  const operations = fc.array(anOperation, { minLength: 1, maxLength: 40, size: 'max' })

  describe(`whatever happens, in whatever order and however often (${count} histories, seed ${seed})`, () => {
    test(
      'the invariants hold after every step',
      () => {
        const seen = { dates: 0, disputed: 0, elsewhere: 0, foreign: 0, parts: 0, free: 0, bounced: 0 }
        fc.assert(
          fc.property(aBooking, moments, (booking, moments) => {
            const { booking: end, complaints, facts } = play(booking, moments)
            expect(complaints).toEqual([])
            // Confirmed once; again only when it is revived, and undoing a no-show is another fact.
            const confirmed = facts.filter((fact) => fact.type === 'confirmed' && fact.trigger === 'confirm')
            expect(confirmed.length).toBeLessThanOrEqual(1)
            seen.dates += Number(new Set(bookedItems(booking).map(({ start }) => start)).size > 1)
            seen.free += Number(dueOf(booking) === 0)
            seen.disputed += Number(end.disputes !== undefined)
            seen.elsewhere += Number(end.refunds.some(({ key }) => key.startsWith('elsewhere:')))
            seen.foreign += Number(end.payments.some(({ currency }) => currency !== undefined))
            seen.parts += Number(facts.some((fact) => fact.type === 'payment_captured' && fact.already !== undefined))
            seen.bounced += Number(facts.some(({ type }) => type === 'refund_bounced'))
          }),
          playing(0.5),
        )
        // It proves little if what it is about does not happen.
        expect(Object.entries(seen).filter(([, times]) => times < count / 2000)).toEqual([])
      },
      timeout,
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
          playing(0.25),
        )
      },
      timeout,
    )

    test(
      'invariants 3 to 5: in the end a bank that keeps its promises, over a net that does not, holds exactly what the booking says',
      () => {
        fc.assert(
          fc.property(aBooking, operations, (booking, operations) => {
            const world = openWorld(booking)
            for (const operation of operations) {
              world.step(operation)
              expect(complaintsAbout(world.booking, world.now)).toEqual([])
            }
            expect(world.rest()).toBe(true)
            expectAgreement(world)
          }),
          playing(0.25),
        )
      },
      timeout,
    )
  })
}

/** The bank has of each currency what the booking says, but for what came back and was paid by other means. */
function expectAgreement({ booking: end, bank, now, byHand }: ReturnType<typeof openWorld>): void {
  expect(complaintsAbout(end, now)).toEqual([])
  const own = end.price.currency
  const held = (currency: string) =>
    end.payments
      .filter((payment) => (payment.currency ?? own) === currency)
      .reduce((sum, payment) => sum + leftOf(end, payment) - withdrawn(end, payment.id), 0)
  const foreign = anotherThan(own)
  for (const currency of [own, foreign]) expect(bank.net(currency) - (byHand.get(currency) ?? 0)).toBe(held(currency))
  expect(held(own)).toBeLessThanOrEqual(dueOf(end))
  expect(held(foreign)).toBeLessThanOrEqual(0)
  for (const { id, status } of bank.intents) {
    // H-04, H-05: nothing is left authorised; what the booking knows of and nobody needs can no longer be paid.
    expect(status).not.toBe('authorized')
    const isKnown = end.payments.some(({ intentId }) => intentId === id)
    if (isKnown && isClosed(end.status)) expect(status).toBeOneOf(['succeeded', 'cancelled'])
  }
}
