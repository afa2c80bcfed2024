import type { UnitKind } from '../domain/booking.ts'
import type { Lifecycle, Status } from '../domain/lifecycle.ts'
import type { NotificationType, Recipient } from '../domain/notifications.ts'
import type { Policy, PriceSource, Terms } from '../domain/policy.ts'

export const PROFILE_NAMES = ['tutoring', 'clinic', 'ticketing', 'venue', 'course'] as const
/** The five lines of business (contract.md, sections 2 to 6). */
export type ProfileName = (typeof PROFILE_NAMES)[number]

/** Moments of a booking that a profile may publish; `status_changed` is any change of status after the first, `updated` one of what was agreed. */
export type Moment =
  | 'held'
  | 'payment_captured'
  | 'refund_succeeded'
  | 'status_changed'
  | 'updated'
  | 'reviewed'
  | Exclude<Status, 'pending' | 'awaiting_approval'>

/** What a profile's bookings must look like; the API's strict schema per profile is built from it. */
export type Shape = {
  /** Shortest and longest booked time in minutes; null: the unit has its own time, or none. */
  readonly minutes: { readonly min: number; readonly max: number } | null
  readonly subject: 'required' | 'absent'
  readonly pet: 'optional' | 'absent'
  readonly partySize: 'required' | 'absent'
  readonly maxItems: number
  /** Updates, cancels and status changes must name the version they saw (V-03). */
  readonly versionRequired: boolean
  /** Longest notes, in characters. */
  readonly notes: number
  /** Only customers themselves book (T-05). */
  readonly customersOnly: boolean
}

/** A line of business as data: nothing in the engine asks for a profile by name. */
export type Profile = {
  readonly name: ProfileName
  readonly referencePrefix: string
  readonly lifecycle: Lifecycle
  readonly policy: Policy
  readonly shape: Shape
  readonly priceSource: PriceSource
  readonly defaultCurrency: string
  /** The currencies it sells in; null: any in the ISO 4217 table. */
  readonly currencies: readonly string[] | null
  readonly issuesTicket: boolean
  readonly makesMeeting: boolean
  /** The unit that an offering of this profile has by itself: its provider's calendar, or places of its own. */
  readonly ownUnit: Extract<UnitKind, 'calendar' | 'enrolment'> | null
  /** Event types published at each moment, and the topic: one for all, or one per type (K-03). */
  readonly events: {
    readonly topic: 'per_type' | { readonly name: string }
    /** From when others know of a booking: as soon as it is held, or once it is confirmed, and then nothing is told before but the hold (N-41). */
    readonly knownFrom: 'held' | 'confirmed'
    readonly on: Readonly<Partial<Record<Moment, readonly string[]>>>
  }
  /** Who is told what by a notification (C-08). Reminders go to the customer, by the policy's `reminders`. */
  readonly notifications: Readonly<Partial<Record<NotificationType, readonly Recipient[]>>>
}

/** What is the same in every profile unless it says otherwise. */
export const COMMON_POLICY: Policy = {
  holdSeconds: 900,
  lapseGraceSeconds: 15,
  extendSeconds: 300,
  maxExtensions: 2,
  processingGraceSeconds: 1800,
  approvalSeconds: 86_400,
  onPaymentFailed: 'retry',
  capture: 'manual',
  refundTiers: [{ hoursBefore: 24, percent: 100 }],
  forfeitsOnMove: true,
  noShowGraceSeconds: null,
  noShowFeePercent: 100,
  checkInOpensMinutes: 60,
  bufferBeforeMinutes: 0,
  bufferAfterMinutes: 0,
  minNoticeMinutes: 0,
  maxLeadDays: null,
  reminders: [],
}

/** How long after its end a visit that nobody closed is taken as over. */
const CLOSE_AFTER_SECONDS = 86_400

/** The terms a booking is made under: the profile's, with what its offering overrides. */
export function termsOf(
  profile: Profile,
  offering: { readonly requiresApproval: boolean; readonly policy: Partial<Policy> },
): Terms {
  return {
    policy: { ...profile.policy, ...offering.policy },
    lifecycle: profile.lifecycle,
    priceSource: profile.priceSource,
    // A life cycle without approval cannot wait for one.
    requiresApproval: offering.requiresApproval && profile.lifecycle.pending?.await_approval !== undefined,
    issuesTicket: profile.issuesTicket,
    makesMeeting: profile.makesMeeting,
    closeAfterSeconds: CLOSE_AFTER_SECONDS,
  }
}
