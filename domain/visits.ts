import type { Actor, Agreement } from './booking.ts'
import type { VisitTrigger } from './facts.ts'
import type { Refusal } from './failures.ts'
import type { Policy } from './policy.ts'
import { plusSeconds, type Instant } from './time.ts'

/** How long before the start guests are let in and visits begin; an hour by terms that do not say. */
export function opensMinutes({ checkInOpensMinutes }: Pick<Policy, 'checkInOpensMinutes'>): number {
  return checkInOpensMinutes ?? 60
}

/**
 * From when on a visit may go this way (N-45): a guest is in, or a visit has begun, from when the policy opens for it; over or missed is only what has
 * begun. Null: at any time. A booking without a start has none of these times.
 */
export function visitOpensAt(
  { start, terms }: Pick<Agreement, 'start' | 'terms'>,
  trigger: VisitTrigger,
): Instant | null {
  if (start === null) return null
  switch (trigger) {
    case 'check_in':
    case 'start':
      return plusSeconds(start, -60 * opensMinutes(terms.policy))
    case 'complete':
    case 'no_show':
      return start
    case 'undo_no_show':
      return null
  }
}

/** Why a visit may not go this way yet; null: it may. What happened earlier than was planned is recorded by an operator, with the reason. */
export function earlyRefusal(
  booking: Pick<Agreement, 'start' | 'terms'>,
  { type, by, reason }: { readonly type: VisitTrigger; readonly by: Actor; readonly reason: string | null },
  now: Instant,
): Refusal | null {
  const opensAt = visitOpensAt(booking, type)
  const isException = by.role === 'operator' && (reason ?? '').trim() !== ''
  if (opensAt === null || now >= opensAt || isException) return null
  return {
    code: 'policy_forbids',
    message: `The visit begins at ${booking.start}: ${type} is for ${opensAt} or later, or for an operator who says the reason.`,
    details: { opens_at: opensAt, start: booking.start },
  }
}
