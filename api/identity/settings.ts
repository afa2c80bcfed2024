import type { Config } from '../../config.ts'
import { isRole, type ClaimRules, type Principal } from './claims.ts'

/** The variables that say how callers' tokens are read (docs/identity.md). */
export type IdentityConfig = Pick<
  Config,
  | 'AUTH_JWKS_URL'
  | 'AUTH_JWKS_STALE_SECONDS'
  | 'AUTH_ISSUER'
  | 'AUTH_AUDIENCE'
  | 'AUTH_AUDIENCE_CLAIM'
  | 'AUTH_SUBJECT_CLAIM'
  | 'AUTH_ROLE_CLAIMS'
  | 'AUTH_ROLE_NAMES'
  | 'AUTH_DEFAULT_ROLE'
  | 'AUTH_LEEWAY_SECONDS'
>

/** The rules for claims, out of the configuration. */
export function claimRulesOf(config: IdentityConfig): ClaimRules {
  return {
    subjectClaim: config.AUTH_SUBJECT_CLAIM,
    roleClaims: config.AUTH_ROLE_CLAIMS,
    roleNames: new Map(config.AUTH_ROLE_NAMES.flatMap(nameAndRole)),
    defaultRole: config.AUTH_DEFAULT_ROLE === 'none' ? null : config.AUTH_DEFAULT_ROLE,
    leewaySeconds: config.AUTH_LEEWAY_SECONDS,
  }
}

/** `name=role` as a pair; `readConfig` has refused what is none. */
function nameAndRole(entry: string): [string, Principal['role']][] {
  const at = entry.lastIndexOf('=')
  const role = entry.slice(at + 1)
  return isRole(role) ? [[entry.slice(0, at), role]] : []
}
