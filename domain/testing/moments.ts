import fc from 'fast-check'
import type { Command } from '../commands.ts'
import { DISCREPANCY_REASONS, type DiscrepancyReason } from '../discrepancies.ts'
import { DISPUTE_STATES, type DisputeState } from '../disputes.ts'
import type { PaymentEvent } from '../facts.ts'

/** Anything that can happen to a booking, in words that need no booking: the same ones make a history for any of them. */
export type Stimulus =
  | {
      readonly kind: 'told'
      readonly type: PaymentEvent['type']
      readonly intent: number
      readonly share: number
      readonly ago: number
      readonly money: MoneyTold
    }
  | { readonly kind: 'asked'; readonly type: Command['type']; readonly by: Role; readonly which: number }
  /** People change what is booked, for such a share of what it cost and to so many days later, the second item some hours after the first; or cancel an item of it. */
  | {
      readonly kind: 'rescheduled'
      readonly share: number
      readonly days: number
      readonly apart: number
      readonly by: Role
    }
  | { readonly kind: 'left_out'; readonly which: number; readonly by: Role }
  /** The database refuses what a message leads to; places that know of the booking were compared. */
  | { readonly kind: 'put_aside' }
  | { readonly kind: 'compared'; readonly discrepancy: DiscrepancyReason | null }
  | { readonly kind: 'rang' }
  | { readonly kind: 'worked'; readonly which: number; readonly how: 'done' | 'refused' | 'overdue' | 'another' }

type Role = 'customer' | 'provider' | 'operator'

export type Moment = { readonly what: Stimulus; readonly wait: number; readonly unitsLost: boolean }

/** What is told of the money besides its share of what is due (N-10, N-13, N-14, N-19). */
type MoneyTold = {
  readonly isForeign: boolean
  /** About a refund of ours, or about one that was made elsewhere. */
  readonly refund: 'ours' | 'elsewhere'
  readonly refundId: string | null
  readonly dispute: 'dp_1' | 'dp_2'
  readonly state: DisputeState
}

const NOTICES = [
  'processing',
  'authorized',
  'succeeded',
  'failed',
  'cancelled',
  'refund_succeeded',
  'refund_failed',
  'disputed',
] as const
const COMMANDS = [
  'cancel change correct_contact check_in start complete no_show undo_no_show approve decline retry settle_refund stop_refund',
  'confirm_reservation extend force_release confirm_by_hand displace settle_displacement acknowledge',
]
  .join(' ')
  .split(' ') as Command['type'][]
const ROLES = ['customer', 'provider', 'operator'] as const satisfies readonly Role[]

/** Mostly what a world brings about that does its work; now and then what no world should. */
export const aMoment: fc.Arbitrary<Moment> = fc.record({
  what: fc.oneof(
    {
      weight: 25,
      arbitrary: fc.record({
        kind: fc.constant('told' as const),
        type: fc.constantFrom(...NOTICES),
        intent: fc.nat(2),
        share: fc.constantFrom(1, 1, 1, 1, 0.5, 1.5, 0),
        ago: fc.constantFrom(0, 0, 1, 60, 3600),
        money: fc.record({
          isForeign: fc.constantFrom(false, false, false, false, true),
          refund: fc.constantFrom('ours', 'ours', 'elsewhere'),
          refundId: fc.constantFrom(null, 're_1', 're_2'),
          dispute: fc.constantFrom('dp_1', 'dp_2'),
          state: fc.constantFrom(...DISPUTE_STATES),
        }),
      }),
    },
    {
      weight: 10,
      arbitrary: fc.record({
        kind: fc.constant('asked' as const),
        type: fc.constantFrom(...COMMANDS),
        by: fc.constantFrom(...ROLES),
        which: fc.nat(2),
      }),
    },
    {
      weight: 10,
      arbitrary: fc.record({
        kind: fc.constant('rescheduled' as const),
        share: fc.constantFrom(0, 0.5, 1, 1.25, 2),
        days: fc.constantFrom(0, 0, 1, 30, -3),
        apart: fc.constantFrom(0, 0, 3, 48),
        by: fc.constantFrom(...ROLES),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('left_out' as const),
        which: fc.nat(2),
        by: fc.constantFrom(...ROLES),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'put_aside' as const }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('compared' as const),
        discrepancy: fc.constantFrom(null, ...DISCREPANCY_REASONS),
      }),
    },
    { weight: 10, arbitrary: fc.constant({ kind: 'rang' as const }) },
    {
      weight: 35,
      arbitrary: fc.record({
        kind: fc.constant('worked' as const),
        which: fc.nat(3),
        how: fc.constantFrom('done', 'done', 'done', 'refused', 'overdue', 'another'),
      }),
    },
  ),
  wait: fc.constantFrom(0, 0, 0, 1, 1, 5, 5, 60, 300, 900, 86_400, 300_000),
  unitsLost: fc.constantFrom(false, false, false, true),
})
