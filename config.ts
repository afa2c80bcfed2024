import { z } from 'zod'

const Port = z.coerce.number().int().min(0).max(65_535)
const Url = z.url()
const Level = z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])

/** Every variable the product reads, with its default where there is a safe one (README, "Configuration"). */
const Environment = z.object({
  DATABASE_URL: Url,
  DATABASE_POOL_SIZE: z.coerce.number().int().min(1).max(200).default(20),
  TEMPORAL_ADDRESS: z.string().min(1),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_API_KEY: z.string().min(1).optional(),
  TEMPORAL_TLS_CERT: z.string().min(1).optional(),
  TEMPORAL_TLS_KEY: z.string().min(1).optional(),
  TASK_QUEUE: z.string().min(1).default('holdfast'),
  WORKFLOW_BUNDLE: z.string().min(1).optional(),
  PORT: Port.default(3000),
  HOST: z.string().min(1).default('127.0.0.1'),
  METRICS_PORT: Port.default(9464),
  INVENTORY_SERVICE_URL: Url.optional(),
  PRICING_SERVICE_URL: Url.optional(),
  PAYMENT_SERVICE_URL: Url,
  CATALOG_SERVICE_URL: Url,
  DIRECTORY_SERVICE_URL: Url,
  MEETING_SERVICE_URL: Url,
  SERVICE_DEADLINE_MS: z.coerce.number().int().min(50).max(60_000).default(800),
  PAYMENT_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/=]{32,}$/, 'is not a Standard Webhooks secret (whsec_…)'),
  AUTH_JWKS_URL: Url,
  AUTH_ISSUER: z.string().min(1),
  AUTH_AUDIENCE: z.string().min(1),
  RATE_LIMIT_PER_MINUTE: z.coerce.number().int().min(1).default(1200),
  CREATE_CONCURRENCY: z.coerce.number().int().min(1).max(1000).default(24),
  LOG_LEVEL: Level.default('info'),
})

export type Config = z.infer<typeof Environment>

/** Thrown for an environment that cannot be run with; `message` names each variable and what is wrong with it, one a line. */
export class BadConfiguration extends Error {
  override readonly name = 'BadConfiguration'
}

/** Reads the environment, once per process. Throws BadConfiguration. An empty value counts as not set. */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const result = Environment.safeParse(given)
  if (result.success) return result.data
  const faults = result.error.issues.map((issue) => {
    const name = issue.path.join('.')
    const isMissing = given[name] === undefined
    return `${name} ${isMissing ? 'is not set' : `is wrong: ${issue.message}`}`
  })
  throw new BadConfiguration(faults.join('\n'))
}
