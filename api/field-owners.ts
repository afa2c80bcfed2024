import { Refused } from '../domain/failures.ts'
import type { Offering } from '../domain/offering.ts'
import type { Policy } from '../domain/policy.ts'
import type { Principal } from './auth.ts'

/** Whose a field is, where a route lets more people in than the field does (N-58). tests/e2e/field-owners.test.ts has the whole table. */

/** What an operator decides of an offering's policy, by its name in a request: the platform's money, and how payments and leases work. */
export const OPERATORS_POLICY = {
  platform_fee_basis_points: 'platformFeeBasisPoints',
  capture: 'capture',
  stale_price_seconds: 'stalePriceSeconds',
  lapse_grace_seconds: 'lapseGraceSeconds',
  processing_grace_seconds: 'processingGraceSeconds',
} as const satisfies Record<string, keyof Policy>

/** Throws `forbidden`, naming the field, unless the caller has one of the roles. */
export function requireFieldOwner(principal: Principal, pointer: string, ...roles: Principal['role'][]): void {
  if (!roles.includes(principal.role)) throw notYours([pointer], roles)
}

/**
 * The offering as this caller may load it: a provider's has the operator's part of the policy as it stands, whether or not it was loaded before. Throws
 * `forbidden` for a provider who names a field of that part.
 */
export function withOwnPolicy(principal: Principal, offering: Offering, before: Offering | null): Offering {
  if (principal.role !== 'provider') return offering
  const names = Object.entries(OPERATORS_POLICY)
  const named = names.filter(([, field]) => offering.policy[field] !== undefined)
  if (named.length > 0) {
    throw notYours(
      named.map(([name]) => `/policy/${name}`),
      ['operator'],
    )
  }
  const kept = names.flatMap(([, field]) => {
    const value = before?.policy[field]
    return value === undefined ? [] : [[field, value]]
  })
  return { ...offering, policy: { ...offering.policy, ...(Object.fromEntries(kept) as Partial<Policy>) } }
}

function notYours(pointers: readonly string[], roles: readonly string[]): Refused {
  const message = `is set by ${roles.join(', ')}`
  return new Refused({
    code: 'forbidden',
    message: pointers.map((pointer) => `${pointer}: ${message}`).join('; '),
    details: { errors: pointers.map((pointer) => ({ pointer, message })) },
  })
}
