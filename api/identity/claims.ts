import type { JWTPayload } from 'jose'
import { z } from 'zod'
import type { Role } from '../../domain/booking.ts'
import { Refused } from '../../domain/failures.ts'
import { isLine, isPlainLine } from '../../domain/text.ts'

/** Who is calling: `id` is the token's subject, the caller of. */
export type Principal = {
  readonly id: string
  readonly role: Exclude<Role, 'system'>
  readonly name: string | null
  readonly email: string | null
  /** When the token ends, in milliseconds since 1970, leeway included: nothing that lasts goes on after it (N-53). */
  readonly endsAt: number
}

/** Which claims of a token say who somebody is and what they may do (F-06). */
export type ClaimRules = {
  readonly subjectClaim: string
  /** The first claim that names a known role decides. */
  readonly roleClaims: readonly string[]
  /** What the issuer calls each role. A map and no object, in which `constructor` would be a role. */
  readonly roleNames: ReadonlyMap<string, Principal['role']>
  /** For callers without a known role; null: they are refused. */
  readonly defaultRole: 'customer' | null
  readonly leewaySeconds: number
}

/** Of several roles in one claim the highest counts. */
const RANKS = ['operator', 'service', 'provider', 'customer'] as const satisfies readonly Principal['role'][]

/** Is it the name of a role of ours? */
export function isRole(name: string): name is Principal['role'] {
  return RANKS.some((role) => role === name)
}

const MAX_SUBJECT_LENGTH = 200
const MAX_NAME_LENGTH = 200
const Email = z.email().max(320)

/**
 * Who a token is about. Throws Refused: `unauthenticated` when it does not say who somebody is, `forbidden` when it does and gives them no role that
 * is known here. A name or an email that cannot be used is left out: it is no reason to lock somebody out.
 */
export function principalOf(payload: JWTPayload, rules: ClaimRules): Principal {
  const subject = claimAt(payload, rules.subjectClaim)
  if (typeof subject !== 'string' || !isSubject(subject)) {
    throw new Refused({
      code: 'unauthenticated',
      message: `The token does not say who you are: its claim ${rules.subjectClaim} is text of 1 to ${MAX_SUBJECT_LENGTH} characters, without spaces at its ends and without control characters.`,
    })
  }
  const role = roleOf(payload, rules) ?? rules.defaultRole
  if (role === null) {
    throw new Refused({
      code: 'forbidden',
      message: `The token has no role that is known here. Roles are read from ${rules.roleClaims.join(', ')}.`,
    })
  }
  const { name, email } = payload
  return {
    id: subject,
    role,
    name: typeof name === 'string' && name.length <= MAX_NAME_LENGTH && isLine(name) ? name : null,
    email: Email.safeParse(email).data ?? null,
    endsAt: ((payload.exp ?? 0) + rules.leewaySeconds) * 1000,
  }
}

/** Two subjects that look alike are one person by mistake, or two by intent: only one way of writing is taken. */
function isSubject(text: string): boolean {
  return text.length <= MAX_SUBJECT_LENGTH && isPlainLine(text)
}

function roleOf(payload: JWTPayload, { roleClaims, roleNames }: ClaimRules): Principal['role'] | null {
  for (const path of roleClaims) {
    const known = namesAt(payload, path).flatMap((name) => roleNames.get(name) ?? [])
    const highest = RANKS.find((role) => known.includes(role))
    if (highest !== undefined) return highest
  }
  return null
}

/** The names in a claim: a text or a list of texts; OAuth's scopes are words in one text. Whatever else is there names nothing. */
function namesAt(payload: JWTPayload, path: string): string[] {
  const value = claimAt(payload, path)
  if (typeof value === 'string') return /^(scope|scp)$/.test(path) ? value.split(' ') : [value]
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}

/**
 * The claim at a path. Dots lead into objects (`realm_access.roles`), but names may have dots of their own (`https://example.com/roles`,
 * `resource_access.my.client.roles`): the longest name that is there is taken.
 */
export function claimAt(claims: object, path: string): unknown {
  if (Object.hasOwn(claims, path)) return Object.entries(claims).find(([name]) => name === path)?.[1]
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const name = path.slice(0, dot)
    const inner: unknown = Object.hasOwn(claims, name) ? claimAt(claims, name) : undefined
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) continue
    const found = claimAt(inner, path.slice(dot + 1))
    if (found !== undefined) return found
  }
  return undefined
}
