import { describe, expect, test } from 'vitest'
import { principalOf, type Principal } from '../../api/identity/claims.ts'
import { claimRulesOf } from '../../api/identity/settings.ts'
import { authenticator } from '../../api/auth.ts'
import { readConfig } from '../../config.ts'
import { openIssuer } from '../support/issuer.ts'
import { Refused } from '../../domain/failures.ts'

const REQUIRED = {
  DATABASE_URL: 'postgresql://x/x',
  TEMPORAL_ADDRESS: 'x:1',
  PAYMENT_SERVICE_URL: 'http://x.test',
  CATALOG_SERVICE_URL: 'http://x.test',
  DIRECTORY_SERVICE_URL: 'http://x.test',
  MEETING_SERVICE_URL: 'http://x.test',
  PAYMENT_WEBHOOK_SECRET: `whsec_${'a'.repeat(44)}`,
  AUTH_JWKS_URL: 'http://x.test',
  AUTH_ISSUER: 'http://x.test',
  AUTH_AUDIENCE: 'holdfast',
}
const SILENT = { warn: () => undefined, info: () => undefined }

function configOf(variables: Record<string, string>) {
  return readConfig({ ...REQUIRED, ...variables })
}

function read(claims: object, variables: Record<string, string> = {}): Principal | string {
  try {
    return principalOf({ sub: 'ada', exp: 100, ...claims }, claimRulesOf(configOf(variables)))
  } catch (error) {
    if (error instanceof Refused) return error.code
    throw error
  }
}

/** As docs/identity.md has them. */
const PRESETS = {
  auth0: {
    AUTH_ROLE_CLAIMS: 'https://holdfast.example/roles,permissions',
    AUTH_ROLE_NAMES: 'admin=operator,student=customer,bookings:operate=operator',
  },
  keycloak: {
    AUTH_ROLE_CLAIMS: 'resource_access.holdfast.roles,realm_access.roles',
    AUTH_ROLE_NAMES: 'customer=customer,staff=provider,admin=operator',
  },
  cognito: {
    AUTH_ROLE_CLAIMS: 'cognito:groups',
    AUTH_ROLE_NAMES: 'students=customer,tutors=provider,admins=operator',
    AUTH_AUDIENCE_CLAIM: 'client_id',
    AUTH_DEFAULT_ROLE: 'customer',
  },
  entra: {
    AUTH_SUBJECT_CLAIM: 'oid',
    AUTH_ROLE_CLAIMS: 'roles,scp',
    AUTH_ROLE_NAMES: 'Holdfast.Operator=operator,Holdfast.Service=service,bookings=customer',
  },
} as const

describe('F-06 N-52 the tokens of the usual issuers', () => {
  test.each<[string, Record<string, string>, object, unknown]>([
    ['Auth0, roles in a namespaced claim', PRESETS.auth0, { 'https://holdfast.example/roles': ['admin'] }, 'operator'],
    ['Auth0, one role as text', PRESETS.auth0, { 'https://holdfast.example/roles': 'student' }, 'customer'],
    ['Auth0, permissions of its RBAC', PRESETS.auth0, { permissions: ['x:y', 'bookings:operate'] }, 'operator'],
    [
      'Keycloak, roles of the realm',
      PRESETS.keycloak,
      { realm_access: { roles: ['offline_access', 'staff'] } },
      'provider',
    ],
    [
      'Keycloak, roles of the client before those of the realm',
      PRESETS.keycloak,
      {
        realm_access: { roles: ['admin'] },
        resource_access: { holdfast: { roles: ['customer'] }, account: { roles: ['x'] } },
      },
      'customer',
    ],
    [
      'Cognito, groups',
      PRESETS.cognito,
      { 'cognito:groups': ['tutors'], client_id: 'c', token_use: 'access' },
      'provider',
    ],
    ['Cognito, nobody’s group', PRESETS.cognito, { client_id: 'c' }, 'customer'],
    ['Entra, application roles', PRESETS.entra, { oid: 'o-1', roles: ['Holdfast.Operator'] }, 'operator'],
    ['Entra, delegated scopes', PRESETS.entra, { oid: 'o-1', scp: 'openid bookings' }, 'customer'],
    ['ours, a role', {}, { role: 'student' }, 'customer'],
    ['ours, roles', {}, { roles: ['openid', 'provider'] }, 'provider'],
    ['ours, roles as one text', {}, { roles: 'customer' }, 'customer'],
    ['ours, no role beside good roles', {}, { role: null, roles: ['operator'] }, 'operator'],
    ['ours, a role in a list', {}, { role: ['operator'] }, 'operator'],
    ['N-59 the highest of several, in any order', {}, { roles: ['customer', 'operator', 'provider'] }, 'operator'],
    [
      'N-59 what the first claim says, whatever the second does',
      {},
      { role: 'customer', roles: ['operator'] },
      'customer',
    ],
    [
      'a name with dots of its own in an object',
      { AUTH_ROLE_CLAIMS: 'a.my.client.roles' },
      { a: { 'my.client': { roles: 'provider' } } },
      'provider',
    ],
  ])('%s', (_, variables, claims, role) => {
    expect(read(claims, variables)).toMatchObject({ role })
  })

  test.each<[string, Record<string, string>, object, string]>([
    ['no role', {}, {}, 'forbidden'],
    ['a role of another kind', {}, { role: { operator: true }, roles: 7 }, 'forbidden'],
    ['an object’s prototype', { AUTH_ROLE_CLAIMS: '__proto__.role,constructor.name' }, {}, 'forbidden'],
    ['two roles in one text', {}, { role: 'customer operator' }, 'forbidden'],
    [
      'our names where the issuer has its own',
      { AUTH_ROLE_NAMES: 'staff=operator' },
      { role: 'operator' },
      'forbidden',
    ],
    [
      'a list where the path leads into an object',
      PRESETS.keycloak,
      { realm_access: [{ roles: ['admin'] }] },
      'forbidden',
    ],
    ['no subject in the claim that has it', PRESETS.entra, { roles: ['Holdfast.Operator'] }, 'unauthenticated'],
  ])('is 403 for what they may do and 401 for who they are: %s', (_, variables, claims, code) => {
    expect(read(claims, variables)).toBe(code)
  })

  test('AUTH_AUDIENCE is one, several or none, in the claim that has it; an absent one is a mistake', async () => {
    const issuer = await openIssuer()
    const own = { AUTH_ISSUER: issuer.url, AUTH_JWKS_URL: issuer.jwksUrl }
    const asks = async (variables: Record<string, string>, claims: object) => {
      const authenticate = authenticator(configOf({ ...own, ...variables }), SILENT)
      return authenticate(`Bearer ${await issuer.token({ aud: undefined, ...claims })}`).then(
        () => 'in',
        (error: unknown) => (error instanceof Refused ? error.code : error),
      )
    }
    try {
      expect(await asks({}, {})).toBe('unauthenticated')
      expect(await asks({}, { aud: 'holdfast' })).toBe('in')
      expect(await asks({ AUTH_AUDIENCE: 'web, app' }, { aud: ['x', 'app'] })).toBe('in')
      expect(await asks({ AUTH_AUDIENCE: 'web, app' }, { aud: 'holdfast' })).toBe('unauthenticated')
      expect(await asks({ AUTH_AUDIENCE: '*' }, {})).toBe('in')
      expect(await asks({ AUTH_AUDIENCE: 'c', AUTH_AUDIENCE_CLAIM: 'client_id' }, { client_id: 'c' })).toBe('in')
      expect(await asks({ AUTH_AUDIENCE: 'c', AUTH_AUDIENCE_CLAIM: 'client_id' }, { aud: 'c' })).toBe('unauthenticated')
      const ago = Math.floor(Date.now() / 1000) - 4
      expect(await asks({ AUTH_AUDIENCE: '*' }, { exp: ago })).toBe('in')
      expect(await asks({ AUTH_AUDIENCE: '*', AUTH_LEEWAY_SECONDS: '0' }, { exp: ago })).toBe('unauthenticated')
    } finally {
      await issuer.close()
    }
    expect(() => readConfig({ ...REQUIRED, AUTH_AUDIENCE: '' })).toThrow('AUTH_AUDIENCE is not set')
    expect(() => configOf({ AUTH_ROLE_NAMES: 'admin=boss' })).toThrow('AUTH_ROLE_NAMES is wrong')
  })
})

describe('N-59 a subject', () => {
  test.each([
    '',
    ' ada',
    'ada ',
    'a\tb',
    'a\nb',
    'a\u200bb',
    'ada\ufeff',
    'a\u0000',
    '\ud800',
    'cafe\u0301',
    'x'.repeat(201),
  ])('is no other one’s by sight: %j is refused', (sub) => {
    expect(read({ sub, role: 'customer' })).toBe('unauthenticated')
  })

  test.each(['auth0|5f7c', 'f:0b:ada@example.com', 'Ada L.', 'café'])('is what issuers give: %s', (sub) => {
    expect(read({ sub, role: 'customer' })).toMatchObject({ id: sub, endsAt: 105_000 })
  })

  test('has a name and an email in one line, or none', () => {
    const role = 'customer'
    expect(read({ role, name: 'Ada', email: 'ada@example.com' })).toMatchObject({
      name: 'Ada',
      email: 'ada@example.com',
    })
    for (const bad of ['x\r\nBcc: y', 'x@y.test\r\nBcc: y@z.test', 'a\u0000', 7, null, {}])
      expect(read({ role, name: bad, email: bad })).toMatchObject({ name: null, email: null })
  })
})
