import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { SignJWT } from 'jose'
import { z } from 'zod'
import { ensureUser, findEntry } from '../directory/entries.ts'
import { readBody } from '../http/body.ts'
import type { SandboxEnv } from '../http/env.ts'
import { identifier, text } from '../http/fields.ts'
import type { Database } from '../store/database.ts'
import { signingKey } from './keys.ts'

const tokenBody = z.strictObject({
  sub: identifier,
  role: z.enum(['customer', 'student', 'provider', 'operator', 'service']),
  name: text(200).optional(),
  email: z.email().max(320).optional(),
  /** Seconds. */
  expires_in: z
    .int()
    .min(1)
    .max(30 * 24 * 3600)
    .default(3600),
  audience: text(200).optional(),
})

interface Issuer {
  db: Database
  now: () => Date
  issuer: string
  audience: string
}

interface Person {
  name: string
  email: string
}

/**
 * The development issuer [S-07]: it gives a token to whoever asks, so it must never be reachable from outside. Tokens are ES256;
 * name and email are those asked for, else those of the directory, else made from `sub`.
 */
export function issuerRoutes({ db, now, issuer, audience }: Issuer): Hono<SandboxEnv> {
  const key = signingKey(db)

  function personOf(sub: string): Person {
    const entry = findEntry(db, 'users', sub)
    if (entry !== undefined) return JSON.parse(entry) as Person
    return { name: sub.charAt(0).toUpperCase() + sub.slice(1), email: `${sub}@example.test` }
  }

  return new Hono<SandboxEnv>()
    .get('/.well-known/jwks.json', (c) => c.json({ keys: [key.publicJwk] }))
    .post('/oauth/token', async (c) => {
      const { sub, role, expires_in, ...asked } = await readBody(c, tokenBody)
      const known = personOf(sub)
      const person = { name: asked.name ?? known.name, email: asked.email ?? known.email }
      ensureUser(db, { id: sub, ...person })
      const issuedAt = Math.floor(now().getTime() / 1000)
      const access_token = await new SignJWT({ role, ...person })
        .setProtectedHeader({ alg: 'ES256', kid: key.kid, typ: 'JWT' })
        .setIssuer(issuer)
        .setAudience(asked.audience ?? audience)
        .setSubject(sub)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + expires_in)
        .setJti(randomUUID())
        .sign(key.privateKey)
      return c.json({ access_token, token_type: 'Bearer', expires_in }, 200, { 'cache-control': 'no-store' })
    })
}
