import { randomBytes } from 'node:crypto'
import { z } from 'zod'

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' })

const port = z
  .string()
  .refine((text) => /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535, 'must be a whole number from 1 to 65535')
  .transform(Number)

const environment = z
  .object({
    SANDBOX_PORT: port.default(3001),
    SANDBOX_GRPC_PORT: port.optional(),
    SANDBOX_HOST: z.string().min(1).default('127.0.0.1'),
    SANDBOX_DATABASE: z.string().min(1).default(':memory:'),
    SANDBOX_ISSUER: httpUrl.optional(),
    SANDBOX_WEBHOOK_URL: httpUrl.optional(),
    AUTH_AUDIENCE: z.string().min(1).default('holdfast'),
    PAYMENT_WEBHOOK_SECRET: z
      .string()
      .refine(isWebhookSecret, 'must be "whsec_" and the base64 of 24 to 64 bytes')
      .optional(),
    LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  })
  .refine(({ SANDBOX_WEBHOOK_URL: url, PAYMENT_WEBHOOK_SECRET: secret }) => url === undefined || secret !== undefined, {
    path: ['PAYMENT_WEBHOOK_SECRET'],
    message: 'is needed to sign webhooks for SANDBOX_WEBHOOK_URL',
  })

function isWebhookSecret(secret: string): boolean {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  return secret === `whsec_${key.toString('base64')}` && key.length >= 24 && key.length <= 64
}

export interface Settings {
  port: number
  /** Null: nothing is served over gRPC. */
  grpcPort: number | null
  hostname: string
  database: string
  issuer: string
  audience: string
  webhookUrl: string | null
  webhookSecret: string
  logLevel: string
}

/**
 * The process's settings; an empty variable is an absent one. Without a webhook URL nothing is signed, and any secret does.
 * @throws Error one sentence that begins with the variable's name and never holds its value
 */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const result = environment.safeParse(given)
  if (!result.success) {
    const issue = result.error.issues[0]
    throw new Error(`${String(issue?.path[0])} ${issue?.message ?? 'is not valid'}.`)
  }
  const settings = result.data
  return {
    port: settings.SANDBOX_PORT,
    grpcPort: settings.SANDBOX_GRPC_PORT ?? null,
    hostname: settings.SANDBOX_HOST,
    database: settings.SANDBOX_DATABASE,
    issuer: settings.SANDBOX_ISSUER ?? `http://127.0.0.1:${settings.SANDBOX_PORT}`,
    audience: settings.AUTH_AUDIENCE,
    webhookUrl: settings.SANDBOX_WEBHOOK_URL ?? null,
    webhookSecret: settings.PAYMENT_WEBHOOK_SECRET ?? `whsec_${randomBytes(32).toString('base64')}`,
    logLevel: settings.LOG_LEVEL,
  }
}
