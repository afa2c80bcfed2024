import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from './launcher/tool.mjs'

export type Secrets = { paymentWebhookSecret: string }

const webhookSecret = /^whsec_[A-Za-z0-9+/]{43}=$/

/**
 * The development secrets of a data folder, made on first use (file mode 0600).
 * Fails when the file is there and makes no sense, because replacing it would break what was signed with it.
 */
export function developmentSecrets(folder: string): Secrets {
  const path = join(folder, 'secrets.json')
  const known = read(path)
  if (known !== undefined) return known
  const made: Secrets = { paymentWebhookSecret: `whsec_${randomBytes(32).toString('base64')}` }
  const unfinished = `${path}.${process.pid}`
  writeFileSync(unfinished, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 })
  renameSync(unfinished, path)
  return made
}

function read(path: string): Secrets | undefined {
  if (!existsSync(path)) return undefined
  const damaged = new Failure(`${path} is damaged; delete it and new secrets are made.`)
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    throw damaged
  }
  const { paymentWebhookSecret } = content as Partial<Secrets>
  if (typeof paymentWebhookSecret !== 'string' || !webhookSecret.test(paymentWebhookSecret)) throw damaged
  return { paymentWebhookSecret }
}
