import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** A key that secrets are encrypted with: 32 bytes, and the name by which it is found again. */
export type SecretKey = { readonly id: string; readonly secret: Buffer }

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** A new secret in the form of Standard Webhooks: `whsec_` and the base64 of 32 random bytes. */
export function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

/**
 * A secret as it is stored. It is needed to sign, so a hash will not do: it is encrypted with the first of the keys, or left as it is when there are
 * none. An encrypted one names its key.
 */
export function seal(secret: string, keys: readonly SecretKey[]): string {
  const [key] = keys
  if (key === undefined) return secret
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key.secret, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(key.id))
  const hidden = Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()])
  return `sealed:${key.id}:${hidden.toString('base64')}`
}

/** The secret that is stored. Throws when its key is not among those given, or it was changed. */
export function unseal(stored: string, keys: readonly SecretKey[]): string {
  const [form, id = '', data = ''] = stored.split(':')
  if (form !== 'sealed') return stored
  const key = keys.find((each) => each.id === id)
  if (key === undefined) throw new Error(`there is no key ${id}: PAYLOAD_KEYS must still name it`)
  const bytes = Buffer.from(data, 'base64')
  const decipher = createDecipheriv(CIPHER, key.secret, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(id)).setAuthTag(bytes.subarray(-TAG_BYTES))
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString()
}
