import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { UnsecuredJWT } from 'jose'
import type { Answer } from '../support/caller.ts'
import { openIssuer, type Issuer } from '../support/issuer.ts'
import { openWorld, type World } from '../support/world.ts'

let issuer: Issuer
let world: World
beforeAll(async () => {
  issuer = await openIssuer()
  world = await openWorld({
    worker: false,
    environment: { AUTH_ISSUER: issuer.url, AUTH_JWKS_URL: issuer.jwksUrl, AUTH_AUDIENCE: 'holdfast' },
  })
})
afterAll(async () => {
  await world.close()
  await issuer.close()
})

const now = () => Math.floor(Date.now() / 1000)
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })

function read(token: string | null): Promise<Answer> {
  return world.withToken(token).get('/bookings')
}

function readAs(authorization: string): Promise<Answer> {
  return world.withToken(null).get('/bookings', { authorization })
}

async function expectUnauthenticated(answer: Promise<Answer>): Promise<void> {
  const { status, body, headers } = await answer
  expect({ status, code: body['code'] }).toEqual({ status: 401, code: 'unauthenticated' })
  expect(headers.get('content-type')).toBe('application/problem+json')
  expect(headers.get('www-authenticate')).toBe('Bearer')
}

/** A token whose part is what it should not be. */
function withPart(token: string, index: 0 | 1 | 2, change: (part: string) => string): string {
  return token
    .split('.')
    .map((part, position) => (position === index ? change(part) : part))
    .join('.')
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

describe('an issuer that is out of order', () => {
  // First, while the keys have not been fetched.
  test('A-34 is an outage and no reason to refuse anybody: 503, and it is asked again when it is back', async () => {
    const token = await issuer.token()
    for (const answer of [
      (response) => response.writeHead(500).end(),
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>'),
      (response) => response.writeHead(200).end('{}'),
      (response) => response.writeHead(302, { location: '/jwks.json' }).end(),
      (response) => response.destroy(),
    ] as const satisfies Parameters<Issuer['answerWith']>[0][]) {
      issuer.answerWith(answer)
      const unavailable = await read(token)
      expect(unavailable).toMatchObject({ status: 503, body: { code: 'unavailable' } })
      expect(Number(unavailable.headers.get('retry-after'))).toBeGreaterThan(0)
    }
    issuer.answerWith(null)
    expect(await read(token)).toMatchObject({ status: 200 })
  })
})

describe('a token', () => {
  test('A-34 is good for its subject and role, and the keys are fetched once for all of them', async () => {
    await read(await issuer.token())
    const asked = issuer.asked()
    const roles = ['customer', 'student', 'provider', 'operator', 'service']
    for (const claims of [
      ...roles.map((role) => ({ role })),
      ...roles.map((role) => ({ role: undefined, roles: [role] })),
      { role: undefined, roles: ['openid', 'student'] },
      { role: 'offline_access', roles: ['operator'] },
      { aud: ['other', 'holdfast'] },
      { nbf: now() - 5 },
    ]) {
      expect({ claims, status: (await read(await issuer.token(claims))).status }).toEqual({ claims, status: 200 })
    }
    expect(await readAs(`bearer ${await issuer.token()}`)).toMatchObject({ status: 200 })
    expect(issuer.asked()).toBe(asked)
  })

  test('A-34 by its role a customer, student or not, or an operator', async () => {
    const asRole = async (claims: object) =>
      world.withToken(await issuer.token({ role: undefined, ...claims })).get('/invariants')
    expect(await asRole({ role: 'operator' })).toMatchObject({ status: 200 })
    expect(await asRole({ roles: ['operator'] })).toMatchObject({ status: 200 })
    for (const claims of [{ role: 'student' }, { roles: ['customer'] }, { role: 'provider' }, { role: 'service' }]) {
      expect(await asRole(claims)).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    }
  })

  test.each([
    ['no role', { role: undefined }],
    ['a role nobody knows', { role: 'admin' }],
    ['a role of the system', { role: 'system' }],
    ['a role by another spelling', { role: 'Operator' }],
    ['a role out of an object’s prototype', { role: 'constructor' }],
    ['no role among several', { role: undefined, roles: ['admin', 'toString', '__proto__'] }],
  ])('A-34 with %s may do nothing', async (_, claims) => {
    expect(await read(await issuer.token(claims))).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  })

  test.each([
    ['that has expired', { exp: now() - 6 }],
    ['without an expiry', { exp: undefined }],
    ['that is not good yet', { nbf: now() + 60 }],
    ['of another issuer', { iss: 'https://elsewhere.test' }],
    ['without an issuer', { iss: undefined }],
    ['for another audience', { aud: 'another' }],
    ['for audiences that are not ours', { aud: ['holdfast2', 'other'] }],
    ['without an audience', { aud: undefined }],
    ['without a subject', { sub: undefined }],
    ['with an empty subject', { sub: '' }],
    ['with a subject that is not text', { sub: { id: 'ada' } }],
    ['with a subject that the database cannot hold', { sub: 'a\u0000b' }],
    ['with an expiry that is text', { exp: '9999999999' }],
  ])('A-34 %s is refused', async (_, claims) => {
    await expectUnauthenticated(issuer.token(claims).then(read))
  })

  test('A-34 whose name the database cannot hold is as good as one without', async () => {
    for (const name of ['Ada\u0000', '\ud800', 'x'.repeat(201)]) {
      expect(await read(await issuer.token({ name, email: name }))).toMatchObject({ status: 200 })
    }
  })
})

describe('a forged token', () => {
  test('A-34 without a signature is refused: alg none', async () => {
    const claims = { iss: issuer.url, aud: 'holdfast', sub: 'ada', role: 'operator', exp: now() + 600 }
    const none = new UnsecuredJWT(claims).encode()
    await expectUnauthenticated(read(none))
    await expectUnauthenticated(read(`${none}c2lnbmF0dXJl`))
    for (const alg of ['none', 'None', 'NONE', '']) {
      await expectUnauthenticated(read(`${encoded({ alg, kid: issuer.kid })}.${encoded(claims)}.`))
    }
  })

  test('A-34 signed with HS256 and the public key is refused', async () => {
    for (const secret of [
      issuer.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      issuer.publicKey.export({ type: 'spki', format: 'der' }).toString('latin1'),
      JSON.stringify(issuer.publicKey.export({ format: 'jwk' })),
    ]) {
      await expectUnauthenticated(
        issuer.token({ role: 'operator' }, { alg: 'HS256' }, Buffer.from(secret, 'latin1')).then(read),
      )
    }
  })

  test('A-34 signed with another key is refused, whatever its header says about where the key is', async () => {
    const jwk = { ...other.publicKey.export({ format: 'jwk' }), alg: 'ES256' }
    for (const header of [{}, { jwk }, { jku: `${issuer.url}/mine.json` }, { x5u: `${issuer.url}/mine.pem` }]) {
      await expectUnauthenticated(issuer.token({ role: 'operator' }, header, other.privateKey).then(read))
    }
  })

  test('A-34 changed after it was signed is refused', async () => {
    const token = await issuer.token()
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object
    for (const forged of [
      withPart(token, 1, () => encoded({ ...claims, role: 'operator' })),
      withPart(token, 1, () => encoded({ ...claims, exp: now() + 99_999 })),
      withPart(token, 0, () => encoded({ alg: 'ES384', kid: issuer.kid })),
      withPart(token, 2, (signature) => signature.slice(0, -8)),
      withPart(token, 2, (signature) => `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`),
      withPart(token, 2, () => Buffer.alloc(64).toString('base64url')),
    ]) {
      await expectUnauthenticated(read(forged))
    }
  })

  test('A-34 that demands what nobody here understands is refused: crit', async () => {
    const token = await issuer.token()
    const header = { alg: 'ES256', kid: issuer.kid, crit: ['urn:example:mfa'], 'urn:example:mfa': true }
    await expectUnauthenticated(read(withPart(token, 0, () => encoded(header))))
  })

  test('A-34 with key ids that nobody knows is refused, and a flood of them does not reach the issuer', async () => {
    await read(await issuer.token())
    const asked = issuer.asked()
    const kids = ['../../jwks.json', "' OR 1=1 --", '\u0000', 'a'.repeat(1000), ...Array.from({ length: 60 }, String)]
    await Promise.all(
      kids.map(async (kid) => expectUnauthenticated(issuer.token({}, { kid }, other.privateKey).then(read))),
    )
    expect(issuer.asked() - asked).toBeLessThanOrEqual(1)
    expect(await read(await issuer.token())).toMatchObject({ status: 200 })
  })
})

describe('an Authorization header', () => {
  test('A-34 is needed', async () => {
    await expectUnauthenticated(read(null))
    for (const header of ['', 'Bearer', 'Bearer ', 'garbage', 'Bearer garbage', 'Bearer a.b.c', 'Bearer ..']) {
      await expectUnauthenticated(readAs(header))
    }
  })

  test('A-34 of another scheme is refused, whatever it carries', async () => {
    const token = await issuer.token()
    for (const scheme of ['Basic', 'Token', 'DPoP', 'BearerX', 'Bearer:'])
      await expectUnauthenticated(readAs(`${scheme} ${token}`))
    await expectUnauthenticated(readAs(token))
    await expectUnauthenticated(readAs(`Bearer ${token}, Bearer ${token}`))
    await expectUnauthenticated(readAs(`Bearer  ${token} `.replace('Bearer  ', 'Bearer x ')))
    await expectUnauthenticated(world.withToken(null).get(`/bookings?access_token=${token}`))
  })

  test('A-34 with a token beyond all measure is refused unread', async () => {
    const pad = (length: number) => issuer.token({ pad: 'x'.repeat(length) })
    expect(await read(await pad(4000))).toMatchObject({ status: 200 })
    await expectUnauthenticated(pad(8000).then(read))
    // Of 16 KB: Node’s own limit for headers refuses it, before any of our code.
    expect([401, 431]).toContain((await read(await pad(12_000))).status)
    expect(await read(await issuer.token())).toMatchObject({ status: 200 })
  })
})
