import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Payload, PayloadCodec } from '@temporalio/common'
import proto from '@temporalio/proto'

/** A key that payloads are encrypted with: 32 bytes, and the name by which it is found again. */
export type PayloadKey = { readonly id: string; readonly secret: Buffer }

/** The keys of `PAYLOAD_KEYS`: `2026-11:<base64 of 32 bytes>,2026-05:…`, the one that encrypts first. */
export function payloadKeysOf(text: string): [PayloadKey, ...PayloadKey[]] {
  const keys = text.split(',').map((entry) => {
    const [id = '', secret = ''] = entry.trim().split(':')
    return { id, secret: Buffer.from(secret, 'base64') }
  })
  return keys as [PayloadKey, ...PayloadKey[]]
}

/** What is wrong with a text of keys; null: nothing. */
export function faultOfKeys(text: string): string | null {
  const entries = text.split(',').map((entry) => entry.trim())
  if (!entries.every((entry) => /^[\w.-]{1,40}:[A-Za-z0-9+/]{43}=$/.test(entry))) {
    return 'an entry is not name:base64 of 32 bytes'
  }
  const names = new Set(entries.map((entry) => entry.slice(0, entry.indexOf(':'))))
  return names.size < entries.length ? 'two keys have the same name' : null
}

const ENCODING = 'binary/encrypted'
const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

// A CommonJS module, of which Node sees no names.
const { Payload: PayloadMessage } = proto.temporal.api.common.v1

/**
 * Encrypts what Temporal stores (AES-256-GCM), so that its database holds no personal data. The first key encrypts, every key decrypts, and each
 * payload names the key it needs: a key is rotated by putting a new one first, and dropped when nothing that it encrypted is kept any more.
 * Payloads that are not encrypted are let through, so that encryption can be turned on while bookings are open.
 */
export function encryptionCodec(keys: readonly [PayloadKey, ...PayloadKey[]]): PayloadCodec {
  const [current] = keys
  const secretOf = new Map(keys.map(({ id, secret }) => [id, secret]))
  return {
    encode: async (payloads) => payloads.map((payload) => encrypt(payload, current)),
    decode: async (payloads) =>
      payloads.map((payload) => {
        if (textOf(payload, 'encoding') !== ENCODING) return payload
        const id = textOf(payload, 'encryption-key-id')
        const secret = secretOf.get(id)
        if (secret === undefined) throw new Error(`there is no payload key ${id}: PAYLOAD_KEYS must still name it`)
        return decrypt(payload, id, secret)
      }),
  }
}

function encrypt(payload: Payload, { id, secret }: PayloadKey): Payload {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, secret, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(id))
  const hidden = Buffer.concat([cipher.update(PayloadMessage.encode(payload).finish()), cipher.final()])
  return {
    metadata: { encoding: Buffer.from(ENCODING), 'encryption-key-id': Buffer.from(id) },
    data: Buffer.concat([nonce, hidden, cipher.getAuthTag()]),
  }
}

/** Throws when the data was changed, or encrypted with another key of that name. */
function decrypt({ data }: Payload, id: string, secret: Buffer): Payload {
  const bytes = Buffer.from(data ?? [])
  const nonce = bytes.subarray(0, NONCE_BYTES)
  const decipher = createDecipheriv(CIPHER, secret, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(id))
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  const shown = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
  return PayloadMessage.decode(shown)
}

function textOf({ metadata }: Payload, name: string): string {
  return Buffer.from(metadata?.[name] ?? []).toString()
}
