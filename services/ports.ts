import type { Price, PriceQuestion } from '../domain/price.ts'
import type { Money } from '../domain/money.ts'
import type { Instant, TimeRange } from '../domain/time.ts'

/**
 * The services that activities call, each as small as its callers need (docs/services.md is their contract over HTTP, services/proto over gRPC). Every call that
 * changes something takes the key of the operation: the same key does it once. A call that the service refuses for good throws `Refused` with the
 * code named at the method; anything else that is thrown leaves the outcome unknown, and the operation is tried again under its key.
 */

export const ADVISORS = ['catalogue', 'course', 'directory', 'user'] as const
/**
 * Services that may be configured as mere advisors (N-05): what they know, they decide; what they do not know is sold as it was loaded here. All
 * others are authorities, for whom "not known" means "not sold". A service that is not configured decides nothing.
 */
export type Advisor = (typeof ADVISORS)[number]

export type IntentStatus =
  | 'requires_payment_method'
  | 'processing'
  | 'authorized'
  | 'succeeded'
  | 'failed'
  | 'cancelled'

/** What the payment service knows of one attempt to pay; amounts in minor units of `currency`. */
export type Intent = {
  readonly id: string
  readonly clientSecret: string
  readonly status: IntentStatus
  readonly amount: number
  readonly amountCaptured: number
  /** How much of it went back; absent: the service does not say here. */
  readonly amountRefunded?: number
  /** How much of it banks have taken back because it is disputed (N-14); absent: the service does not say here. */
  readonly amountDisputed?: number
  readonly currency: string
  readonly method: string | null
  readonly failureCode: string | null
  /** Of an authorisation: until when the bank keeps to it, when the service says (C-04). */
  readonly authorisedUntil?: Instant | null
  readonly createdAt: Instant
  readonly updatedAt: Instant
}

export type Payments = {
  createIntent(request: {
    readonly key: string
    readonly bookingId: string
    readonly amount: Money
    readonly capture: 'automatic' | 'manual'
    readonly method: string | null
  }): Promise<Intent>
  getIntent(intentId: string): Promise<Intent>
  /** Every intent that was ever made for a booking, the oldest first, each with what went back of it: what reconciliation compares with (H-25). */
  listIntents(bookingId: string): Promise<readonly Intent[]>
  /** Captures what was authorised, `amount` at the most. Refused `policy_forbids`: the bank says no for good. */
  capture(request: { readonly key: string; readonly intentId: string; readonly amount: Money }): Promise<Intent>
  /** Cancels or voids. The answer may be an intent that could not be cancelled: its status says why (processing, succeeded). */
  cancel(request: { readonly key: string; readonly intentId: string }): Promise<Intent>
  /** Gives money back; resolves with the refund's id there when it is on its way for good. Refused `policy_forbids`: never (more than was captured). */
  refund(request: {
    readonly key: string
    readonly intentId: string
    readonly amount: Money
    readonly reason: string
  }): Promise<{ readonly id: string | null }>
}

export type PricingRequest = {
  readonly profile: string
  readonly currency: string
  readonly partySize: number | null
  readonly lines: readonly (PriceQuestion & { readonly offeringId: string; readonly unitId: string | null })[]
}

export type Pricing = {
  /** A price that holds. Refused `validation_failed`: it cannot be priced. */
  calculate(request: PricingRequest): Promise<Price>
  /** A price to show. */
  estimate(request: PricingRequest): Promise<Price>
}

export type CatalogueEvent = {
  readonly id: string
  readonly name: string
  readonly venue: { readonly id: string; readonly name: string } | null
  readonly startsAt: Instant | null
  readonly onSale: boolean
  readonly currency: string
}

/** `staleSeconds`: how old an answer may be while the service is down, where answers are kept (E-05); none unless it says so. */
export type Catalogue = {
  /** An event, or null when there is none of that id. */
  event(eventId: string, staleSeconds?: number): Promise<CatalogueEvent | null>
  /** Prices of the seats that exist, by seat id. */
  seatPrices(eventId: string, seatIds: readonly string[], staleSeconds?: number): Promise<ReadonlyMap<string, Money>>
}

export type Person = {
  readonly id: string
  readonly name: string | null
  readonly email: string | null
  readonly phone: string | null
}
export type Tutor = {
  readonly id: string
  readonly name: string
  readonly email: string | null
  readonly hourlyRate: Money
}
export type Pet = {
  readonly id: string
  readonly ownerId: string
  readonly name: string
  readonly species: string
  readonly breed: string | null
}

export type Clinic = {
  readonly id: string
  readonly name: string
  readonly address: string | null
  readonly phone: string | null
}

/** Who and what is known elsewhere; null: no such id. */
export type Directory = {
  user(id: string): Promise<Person | null>
  tutor(id: string, staleSeconds?: number): Promise<Tutor | null>
  pet(id: string): Promise<Pet | null>
  clinic(id: string): Promise<Clinic | null>
}

/** The user service that buyers of courses are checked with (O-03). */
export type Users = Pick<Directory, 'user'>

/** A course as its service knows it; `onSale`: it can be ordered. */
export type Course = {
  readonly id: string
  readonly title: string
  readonly price: Money
  readonly onSale: boolean
}

/** The course service that course orders are checked with (O-03); null: no such course. */
export type Courses = {
  course(id: string, staleSeconds?: number): Promise<Course | null>
}

export type Meetings = {
  /** Makes a link for a meeting; the same key gives the same link. */
  create(request: {
    readonly key: string
    readonly bookingId: string
    readonly subject: string
    readonly range: TimeRange
  }): Promise<string>
}

/** A line of a reservation at an inventory service. */
export type InventoryItem = {
  readonly itemId: string
  readonly offeringId: string
  readonly unitId: string | null
  readonly quantity: number
  readonly range: TimeRange | null
  readonly partySize: number | null
}

/** Units kept by another service (S-01); without one they are claims in our own database. `lockId` is the booking's id and the key. */
export type Inventory = {
  /** Refused `sold_out` with `item_ids`: nothing is reserved. */
  reserve(request: {
    readonly lockId: string
    readonly expiresAt: Instant
    readonly items: readonly InventoryItem[]
  }): Promise<readonly { readonly itemId: string; readonly unitId: string }[]>
  /**
   * Commits these units, which it takes again when they were released. Refused `sold_out`: the reservation lapsed or was released, and
   * the units went to somebody else.
   */
  commit(lockId: string, items: readonly InventoryItem[]): Promise<void>
  /** Extending what went to somebody else changes nothing; committing it says so. */
  extend(lockId: string, expiresAt: Instant): Promise<void>
  /** Gives units back, those of all items or of the ones named. Releasing what is gone is no error. */
  release(lockId: string, itemIds?: readonly string[]): Promise<void>
  check(items: readonly InventoryItem[]): Promise<ReadonlyMap<string, boolean>>
}

/** A notification on its way out; `email` null when no address is known. */
export type OutgoingNotification = {
  readonly id: string
  readonly type: string
  readonly title: string
  readonly content: string
  readonly email: string | null
}

/** Trying again makes no sense: thrown by a channel, with a code that names nobody. */
export class Undeliverable extends Error {
  override readonly name = 'Undeliverable'
}

/** A way to reach people (C-08). */
export type NotificationChannel = {
  readonly name: 'email' | 'log'
  /** Delivers, at least once under the id; `skipped`: there is no address for it. Throws Undeliverable, or what may work later. */
  deliver(notification: OutgoingNotification): Promise<'sent' | 'skipped'>
  close(): Promise<void>
}

/**
 * Where the files of attachments are. Keys are ours: random, never what somebody typed. What is written is whole or not there. Whatever is thrown
 * may work later.
 */
export type AttachmentStore = {
  put(key: string, file: Uint8Array, type: string): Promise<void>
  /** The file of a key, or null when there is none. */
  get(key: string): Promise<Uint8Array<ArrayBuffer> | null>
  /** Removing what is not there is no error. */
  remove(key: string): Promise<void>
  /** Keys of the files that were written before an instant, a page at a time. */
  writtenBefore(instant: Date): AsyncIterable<readonly string[]>
  close(): Promise<void>
}
