import { createPrivateKey, generateKeyPairSync, randomUUID, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { Database } from '../store/database.ts'

interface SigningKey {
  kid: string
  privateKey: KeyObject
  /** As it is published in the JWKS. */
  publicJwk: Record<string, string>
}

/** The key of this database, made at its first start: tokens stay good over a restart. */
export function signingKey(db: Database): SigningKey {
  const row = db.get<{ kid: string; jwk: string }>('select kid, jwk from signing_keys limit 1') ?? createKey(db)
  const { kty, crv, x, y, d } = JSON.parse(row.jwk) as Record<'kty' | 'crv' | 'x' | 'y' | 'd', string>
  return {
    kid: row.kid,
    privateKey: createPrivateKey({ key: { kty, crv, x, y, d }, format: 'jwk' }),
    publicJwk: { kty, crv, x, y, kid: row.kid, alg: 'ES256', use: 'sig' },
  }
}

function createKey(db: Database): { kid: string; jwk: string } {
  const jwk: JsonWebKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
  const row = { kid: randomUUID(), jwk: JSON.stringify(jwk) }
  db.run('insert into signing_keys (kid, jwk) values (?, ?)', row.kid, row.jwk)
  return row
}
