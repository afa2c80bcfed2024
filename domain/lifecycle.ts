/** Every status a booking can have on the API; each profile's life cycle uses a subset (contract.md, preamble). */
export const STATUSES = [
  'pending',
  'awaiting_approval',
  'confirmed',
  'checked_in',
  'in_progress',
  'completed',
  'no_show',
  'cancelled',
  'expired',
  'refunded',
] as const
export type Status = (typeof STATUSES)[number]

/** What moves a booking from one status to another. */
export const TRIGGERS = [
  'confirm', // paid, and the units are committed
  'await_approval', // authorised, and a person has to say yes
  'expire', // the hold ran out unpaid
  'fail', // the payment failed, or the units were lost
  'cancel', // a person cancels
  'decline', // the approver says no, or says nothing in time
  'revive', // paid after all, and the same units were still free
  'check_in',
  'start',
  'complete',
  'next_visit', // a visit is over, and another one of the booking is ahead (N-80)
  'no_show',
  'undo_no_show',
  'refund', // the whole amount is back with the customer
] as const
export type Trigger = (typeof TRIGGERS)[number]

/** A life cycle is a table: from a status, by a trigger, to a status. What is not in it is illegal. */
export type Lifecycle = { readonly [From in Status]?: { readonly [By in Trigger]?: Status } }

/** The status a trigger leads to, or undefined when the table does not allow it. */
export function next(lifecycle: Lifecycle, from: Status, by: Trigger): Status | undefined {
  return lifecycle[from]?.[by]
}

/** The triggers that are legal from a status, in the order of `TRIGGERS`. */
export function legalTriggers(lifecycle: Lifecycle, from: Status): Trigger[] {
  return TRIGGERS.filter((trigger) => next(lifecycle, from, trigger) !== undefined)
}

/** Every status a life cycle uses. */
export function statusesOf(lifecycle: Lifecycle): Status[] {
  const used = new Set<Status>(['pending'])
  for (const from of STATUSES) {
    for (const by of TRIGGERS) {
      const to = next(lifecycle, from, by)
      if (to !== undefined) used.add(from).add(to)
    }
  }
  return STATUSES.filter((status) => used.has(status))
}

/** Statuses in which a booking owns its units (invariant 2: live claim ⇔ live booking). */
export function isLive(status: Status): boolean {
  return (
    status === 'pending' ||
    status === 'awaiting_approval' ||
    status === 'confirmed' ||
    status === 'checked_in' ||
    status === 'in_progress'
  )
}

/** Statuses of a booking that was ended before it took place. */
export function isClosed(status: Status): status is 'cancelled' | 'expired' | 'refunded' {
  return status === 'cancelled' || status === 'expired' || status === 'refunded'
}
