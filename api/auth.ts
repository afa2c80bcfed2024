import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose'
import type { MiddlewareHandler } from 'hono'
import { z } from 'zod'
import type { Actor, Role } from '../domain/booking.ts'
import { Refused } from '../domain/failures.ts'
import type { Config } from '../config.ts'
import { text } from './schemas/common.ts'

/** Who is calling: `id` is the token's subject, the caller of. */
export type Principal = {
  readonly id: string
  readonly role: Exclude<Role, 'system'>
  readonly name: string | null
  readonly email: string | null
}

/** What every handler under /api finds in its context. */
export type Variables = { principal: Principal }

const Claims = z.object({
  sub: text(1, 200),
  role: z.string().optional(),
  roles: z.array(z.string()).optional(),
  // What people call themselves may be anything: what cannot be stored is left out, and no reason to lock them out.
  name: text(1, 200).optional().catch(undefined),
  email: text(1, 320).optional().catch(undefined),
})

/** A map and no object, in which `constructor` would be a role. */
const ROLE_NAMES: ReadonlyMap<string, Principal['role']> = new Map([
  ['customer', 'customer'],
  ['student', 'customer'],
  ['provider', 'provider'],
  ['operator', 'operator'],
  ['service', 'service'],
])

type AuthConfig = Pick<Config, 'AUTH_JWKS_URL' | 'AUTH_ISSUER' | 'AUTH_AUDIENCE'>

/** Longer tokens are refused unread. */
const MAX_TOKEN_LENGTH = 8192

/**
 * Checks bearer tokens against the issuer's keys. The key set is fetched once and kept for ten minutes; an unknown key id fetches it
 * again, at most every thirty seconds, so that forged ids cannot be used to load the issuer. Only asymmetric algorithms; `exp` is required.
 */
export function authenticator(config: AuthConfig): (authorization: string) => Promise<Principal> {
  const keys = createRemoteJWKSet(new URL(config.AUTH_JWKS_URL), { cooldownDuration: 30_000, cacheMaxAge: 600_000 })
  return async (authorization) => {
    const token = /^Bearer ([A-Za-z0-9_.-]+)$/i.exec(authorization)?.[1]
    if (token === undefined) throw unauthenticated('Send a bearer token in the Authorization header.')
    if (token.length > MAX_TOKEN_LENGTH) throw unauthenticated('The token is too long.')
    return principalOf(await verified(token, keys, config))
  }
}

/** Lets nobody past without a good token. */
export function authentication(config: AuthConfig): MiddlewareHandler<{ Variables: Variables }> {
  const authenticate = authenticator(config)
  return async (c, next) => {
    c.set('principal', await authenticate(c.req.header('authorization') ?? ''))
    await next()
  }
}

async function verified(
  token: string,
  keys: ReturnType<typeof createRemoteJWKSet>,
  { AUTH_ISSUER, AUTH_AUDIENCE }: Pick<Config, 'AUTH_ISSUER' | 'AUTH_AUDIENCE'>,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: AUTH_ISSUER,
      audience: AUTH_AUDIENCE,
      algorithms: ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'],
      requiredClaims: ['exp', 'sub'],
    })
    return payload
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw unauthenticated('The token has expired.')
    const isOurs = error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout) && !isFetchFault(error)
    if (isOurs) throw unauthenticated('The token is not valid here.')
    throw new Refused(
      { code: 'unavailable', message: 'The token cannot be checked: the issuer is out of reach.' },
      { cause: error },
    )
  }
}

/** jose reports a key set that could not be fetched or read as a plain JOSEError. */
function isFetchFault(error: errors.JOSEError): boolean {
  return error.code === 'ERR_JOSE_GENERIC' || error instanceof errors.JWKSInvalid
}

function principalOf(payload: JWTPayload): Principal {
  const claims = Claims.safeParse(payload)
  if (!claims.success) throw unauthenticated('The token does not say who you are.')
  const { sub, role, roles = [], name, email } = claims.data
  const known = [role ?? '', ...roles].map((each) => ROLE_NAMES.get(each)).find((each) => each !== undefined)
  if (known === undefined)
    throw new Refused({ code: 'forbidden', message: 'The token has no role that is known here.' })
  return { id: sub, role: known, name: name ?? null, email: email ?? null }
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
