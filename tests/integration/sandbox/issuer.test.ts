import { createLocalJWKSet, jwtVerify, type JSONWebKeySet, type JWTVerifyResult } from 'jose'
import { describe, expect, it } from 'vitest'
import type { Sandbox } from '../../../services/sandbox/app.ts'
import { call, openSandbox } from './harness.ts'

async function token(sandbox: Sandbox, body: object): Promise<JWTVerifyResult> {
  const { body: jwks } = await call<JSONWebKeySet>(sandbox, 'GET', '/.well-known/jwks.json')
  const answer = await call<{ access_token: string; token_type: string }>(sandbox, 'POST', '/oauth/token', body, null)
  expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer' } })
  return jwtVerify(answer.body.access_token, createLocalJWKSet(jwks), { algorithms: ['ES256'] })
}

describe('the development issuer [S-07]', () => {
  it.each(['customer', 'student', 'provider', 'operator', 'service'])(
    'gives a %s a token that verifies',
    async (role) => {
      const now = Math.floor(Date.now() / 1000)
      const { payload } = await token(openSandbox(), { sub: 'ana', role, expires_in: 60 })
      expect(payload).toEqual({
        iss: 'https://issuer.test',
        aud: 'holdfast',
        sub: 'ana',
        role,
        name: 'Ana',
        email: 'ana@example.test',
        iat: expect.closeTo(now, -1),
        exp: (payload.iat ?? 0) + 60,
        jti: expect.any(String),
      })
    },
  )

  it('publishes no private part of its key', async () => {
    const { body } = await call<JSONWebKeySet>(openSandbox(), 'GET', '/.well-known/jwks.json')
    expect(Object.keys(body.keys[0] ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  })

  it('puts a new user into the directory, and leaves one that is there alone', async () => {
    const sandbox = openSandbox()
    await token(sandbox, { sub: 'ana', role: 'customer' })
    expect((await call(sandbox, 'GET', '/internal/users/ana')).body).toEqual({
      id: 'ana',
      name: 'Ana',
      email: 'ana@example.test',
      phone: null,
    })
    await call(sandbox, 'PUT', '/control/users/ana', { name: 'Ana Lima', email: 'lima@example.test' })
    const { payload } = await token(sandbox, { sub: 'ana', role: 'customer' })
    expect(payload).toMatchObject({ name: 'Ana Lima', email: 'lima@example.test' })
    await token(sandbox, { sub: 'ana', role: 'customer', name: 'Somebody' })
    expect((await call(sandbox, 'GET', '/internal/users/ana')).body).toMatchObject({ name: 'Ana Lima' })
  })

  it('makes no tutor of a provider', async () => {
    const sandbox = openSandbox()
    await token(sandbox, { sub: 'ben', role: 'provider', audience: 'elsewhere' })
    expect((await call(sandbox, 'GET', '/internal/tutors/ben')).status).toBe(404)
  })

  it.each([
    { name: 'an unknown role', body: { sub: 'ana', role: 'root' }, pointer: '/role' },
    { name: 'no subject', body: { role: 'customer' }, pointer: '/sub' },
    { name: 'a token that never lived', body: { sub: 'ana', role: 'customer', expires_in: 0 }, pointer: '/expires_in' },
  ])('refuses $name', async ({ body, pointer }) => {
    const sandbox = openSandbox()
    const answer = await call(sandbox, 'POST', '/oauth/token', body)
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer }] } })
    expect((await call(sandbox, 'GET', '/internal/users/ana')).status).toBe(404)
  })
})
