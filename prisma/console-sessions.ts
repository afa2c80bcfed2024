import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import type { Database } from './client.ts'

const SECRET_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** So many sessions that have ended are removed with each new one: the table never grows for long. */
const PRUNED = 20

/** Begins a session that keeps a token until it ends, and gives the secret that finds it again (N-56). */
export async function beginSession(db: Database, token: string, endsAt: number): Promise<string> {
  const secret = randomBytes(SECRET_BYTES)
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', keyOf(secret), nonce)
  const sealed = Buffer.concat([nonce, cipher.update(token, 'utf8'), cipher.final(), cipher.getAuthTag()])
  await db.$executeRaw`
    WITH over AS (
      DELETE FROM console_sessions WHERE id IN (
        SELECT id FROM console_sessions WHERE expires_at < now() - interval '1 day' ORDER BY expires_at LIMIT ${PRUNED} FOR UPDATE SKIP LOCKED)
    )
    INSERT INTO console_sessions (id, token, expires_at) VALUES (${idOf(secret)}, ${sealed}, ${new Date(endsAt)})`
  return secret.toString('base64url')
}

/** The token of a session, ended by itself or not; null when there is none, or somebody signed out. */
export async function sessionToken(db: Database, secret: string): Promise<string | null> {
  const bytes = bytesOf(secret)
  if (bytes === null) return null
  const row = await db.consoleSession.findUnique({ where: { id: idOf(bytes) } })
  if (row === null) return null
  const sealed = Buffer.from(row.token)
  const decipher = createDecipheriv('aes-256-gcm', keyOf(bytes), sealed.subarray(0, NONCE_BYTES))
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  return decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
}

/** Ends a session at every replica; one that is not there has ended. */
export async function endSession(db: Database, secret: string): Promise<void> {
  const bytes = bytesOf(secret)
  if (bytes !== null) await db.consoleSession.deleteMany({ where: { id: idOf(bytes) } })
}

function bytesOf(secret: string): Buffer<ArrayBuffer> | null {
  const bytes = Buffer.from(secret, 'base64url')
  return bytes.length === SECRET_BYTES ? bytes : null
}

function idOf(secret: Buffer): Buffer<ArrayBuffer> {
  return createHash('sha256').update(secret).digest()
}

function keyOf(secret: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'holdfast console session', 32))
}
