import fc from 'fast-check'
import { PROFILE_NAMES, type ProfileName } from '../../profiles/profile.ts'

/** What somebody does to a booking, in words that need no booking; numbers choose among what there is when it is done. */
export type Operation =
  | {
      readonly do: 'pay'
      readonly method: (typeof METHODS)[number]
      readonly seconds: number
      readonly succeeds: boolean
    }
  | { readonly do: 'change'; readonly to: number; readonly partySize: number }
  | { readonly do: 'cancel'; readonly by: 'customer' | 'operator' }
  | { readonly do: 'cancel_item'; readonly which: number }
  | { readonly do: 'move'; readonly action: (typeof ACTIONS)[number] }
  | { readonly do: 'extend' }
  | { readonly do: 'block'; readonly unit: number }
  | { readonly do: 'book_again'; readonly choice: number }
  | { readonly do: 'nothing' }

const METHODS = [
  'pm_card_visa',
  'pm_card_visa',
  'pm_card_visa',
  'pm_card_declined',
  'pm_card_capture_fails',
  'pm_bank_immediate',
  'pm_bank_slow',
  'pm_pays_twice',
  'pm_refund_fails',
] as const

const ACTIONS = ['approve', 'decline', 'check_in', 'start', 'complete', 'no_show', 'undo_no_show'] as const

const kind = <Name extends Operation['do']>(name: Name) => fc.constant(name)

const aPayment = fc.record({
  do: kind('pay'),
  method: fc.constantFrom(...METHODS),
  seconds: fc.constantFrom(5, 400, 4000),
  succeeds: fc.boolean(),
})

const anOperation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 7,
    arbitrary: aPayment,
  },
  { weight: 4, arbitrary: fc.record({ do: kind('change'), to: fc.nat(5), partySize: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ do: kind('cancel'), by: fc.constantFrom('customer', 'operator') }) },
  { weight: 2, arbitrary: fc.record({ do: kind('cancel_item'), which: fc.nat(2) }) },
  { weight: 4, arbitrary: fc.record({ do: kind('move'), action: fc.constantFrom(...ACTIONS) }) },
  { weight: 1, arbitrary: fc.record({ do: kind('extend') }) },
  { weight: 1, arbitrary: fc.record({ do: kind('block'), unit: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ do: kind('book_again'), choice: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ do: kind('nothing') }) },
)

/** One customer's sequence of operations: books first, then does this and that. */
export type Sequence = {
  readonly profile: ProfileName
  readonly choice: number
  readonly operations: readonly Operation[]
}

/** Several sequences that are lived side by side, over the same few units, and how long passes after each round, in seconds. */
export type Scene = { readonly sequences: readonly Sequence[]; readonly waits: readonly number[] }

export const ROUNDS = 6

/** From at once to past every hold, past the day's refund tiers, past the visit. */
const aWait = fc.constantFrom(0, 0, 0, 20, 20, 700, 2500, 100_000, 650_000)

const aFewOperations = fc.array(anOperation, { minLength: ROUNDS - 1, maxLength: ROUNDS - 1 })

/** A scene of `width` sequences. */
export function aScene(width: number): fc.Arbitrary<Scene> {
  const aSequence = fc.record({
    profile: fc.constantFrom(...PROFILE_NAMES),
    choice: fc.nat(5),
    // Most people pay first: what comes after a confirmation is where it gets interesting.
    operations: fc
      .tuple(fc.oneof({ weight: 3, arbitrary: aPayment }, { weight: 1, arbitrary: anOperation }), aFewOperations)
      .map(([first, rest]) => [first, ...rest]),
  })
  return fc.record({
    sequences: fc.array(aSequence, { minLength: width, maxLength: width }),
    waits: fc
      .tuple(fc.constantFrom(0, 0, 0, 20, 700), fc.array(aWait, { minLength: ROUNDS - 1, maxLength: ROUNDS - 1 }))
      .map(([first, rest]) => [first, ...rest]),
  })
}
