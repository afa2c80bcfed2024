import { errors, jwtVerify, type JWTPayload } from 'jose'
import type { MiddlewareHandler } from 'hono'
import type { Logger } from 'pino'
import type { Actor } from '../domain/booking.ts'
import { Refused } from '../domain/failures.ts'
import { claimAt, principalOf, type Principal } from './identity/claims.ts'
import { issuerKeys, KeysUnavailable } from './identity/keys.ts'
import { claimRulesOf, type IdentityConfig } from './identity/settings.ts'

export type { Principal } from './identity/claims.ts'

/** What every handler under /api finds in its context. */
export type Variables = { principal: Principal }

/** Longer tokens are refused unread. */
const MAX_TOKEN_LENGTH = 8192

/** Says who an Authorization header is from. Throws `unauthenticated`, `forbidden`, or `unavailable` when the token cannot be checked. */
export type Authenticate = (authorization: string) => Promise<Principal>

/**
 * Checks bearer tokens against the issuer's keys (A-34, F-06). Only asymmetric algorithms; `exp` is required. 401 is for who somebody is, 403 for what
 * they may do.
 */
export function authenticator(config: IdentityConfig, log: Pick<Logger, 'warn' | 'info'>): Authenticate {
  const keys = issuerKeys({ url: config.AUTH_JWKS_URL, staleSeconds: config.AUTH_JWKS_STALE_SECONDS }, log)
  const rules = claimRulesOf(config)
  return async (authorization) => {
    const token = /^Bearer ([A-Za-z0-9_.-]+)$/i.exec(authorization)?.[1]
    if (token === undefined) throw unauthenticated('Send a bearer token in the Authorization header.')
    if (token.length > MAX_TOKEN_LENGTH) throw unauthenticated('The token is too long.')
    const payload = await verified(token, keys, config)
    if (!isForUs(payload, config)) throw unauthenticated('The token is for another audience.')
    return principalOf(payload, rules)
  }
}

/** Lets nobody past without a good token. */
export function authentication(authenticate: Authenticate): MiddlewareHandler<{ Variables: Variables }> {
  return async (c, next) => {
    c.set('principal', await authenticate(c.req.header('authorization') ?? ''))
    await next()
  }
}

async function verified(
  token: string,
  keys: ReturnType<typeof issuerKeys>,
  { AUTH_ISSUER, AUTH_LEEWAY_SECONDS }: IdentityConfig,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: AUTH_ISSUER,
      clockTolerance: AUTH_LEEWAY_SECONDS,
      algorithms: ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'],
      requiredClaims: ['exp'],
    })
    return payload
  } catch (error) {
    if (error instanceof KeysUnavailable) {
      throw new Refused(
        { code: 'unavailable', message: 'The token cannot be checked: the issuer is out of reach.' },
        { cause: error },
      )
    }
    if (error instanceof errors.JWTExpired) throw unauthenticated('The token has expired.')
    if (error instanceof errors.JOSEError) throw unauthenticated('The token is not valid here.')
    throw error
  }
}

/** Is the token for one of our audiences? Some issuers put it into another claim; `*` leaves the question out. */
function isForUs(payload: JWTPayload, { AUTH_AUDIENCE: ours, AUTH_AUDIENCE_CLAIM: claim }: IdentityConfig): boolean {
  if (ours === '*') return true
  const given = claimAt(payload, claim)
  return (Array.isArray(given) ? given : [given]).some((each) => typeof each === 'string' && ours.includes(each))
}

/** Throws `forbidden` unless the caller has one of the roles. */
export function requireRole(principal: Principal, ...roles: Principal['role'][]): void {
  if (roles.includes(principal.role)) return
  throw new Refused({
    code: 'forbidden',
    message: `Only ${roles.join(' or ')} may do this; you are ${principal.role}.`,
  })
}

/** The caller as an actor of the history. */
export function actorOf({ role, id }: Principal): Actor {
  return { role, id }
}

function unauthenticated(message: string): Refused {
  return new Refused({ code: 'unauthenticated', message })
}
