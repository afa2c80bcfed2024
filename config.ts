import { z } from 'zod'
import { withDocumentNames } from './runtime/document-names.ts'
import { ADVISORS } from './services/ports.ts'
import { allowedAddresses } from './services/webhooks/addresses.ts'
import { faultOfKeys } from './temporal/codec.ts'
import { withTemporalSettings } from './temporal/settings.ts'

const Port = z.coerce.number().int().min(0).max(65_535)
const Url = z.url()
/** `a:1,b:2` as a list. */
const List = z.string().transform((text, context) => {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  for (const entry of entries) {
    if (!/^[^\s:]+:\d{1,5}$/.test(entry)) context.addIssue(`${entry} is not host:port`)
  }
  return entries
})
/** `catalogue,course` as a list. */
const Advisors = z
  .string()
  .transform((text) => text.split(',').map((name) => name.trim()))
  .pipe(z.array(z.enum(ADVISORS)))
const Hours = z.coerce
  .number()
  .int()
  .min(1)
  .max(24 * 365)
/** How a version of the workers may be called (`BUILD_ID`): a commit, a tag; Temporal keeps names with `__` for itself. */
export const BUILD = /^(?!__)[\w.+-]{1,100}$/
const Level = z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])

const KafkaVariables = z.object({
  KAFKA_BROKERS: List.optional(),
  KAFKA_SSL: z.stringbool().default(false),
  KAFKA_SASL_MECHANISM: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).optional(),
  KAFKA_SASL_USERNAME: z.string().min(1).optional(),
  KAFKA_SASL_PASSWORD: z.string().min(1).optional(),
})

/** Without SMTP_URL notifications are only logged (C-08). */
const MailVariables = z.object({
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\/./, 'is not smtp://… or smtps://…')
    .optional(),
  MAIL_FROM: z
    .string()
    .regex(/^[^\r\n]*@[^\r\n]+$/, 'is not an address')
    .optional(),
})

/** Where attachments are kept: in a bucket, else in a folder, else nowhere (A-17). */
const AttachmentVariables = z.object({
  ATTACHMENTS_DIR: z.string().min(1).optional(),
  ATTACHMENTS_MAX_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .max(100 * 1024 * 1024)
    .default(10 * 1024 * 1024),
  ATTACHMENTS_S3_BUCKET: z.string().min(1).optional(),
  ATTACHMENTS_S3_ENDPOINT: Url.optional(),
  ATTACHMENTS_S3_REGION: z.string().min(1).default('us-east-1'),
  ATTACHMENTS_S3_ACCESS_KEY_ID: z.string().min(1).optional(),
  ATTACHMENTS_S3_SECRET_ACCESS_KEY: z.string().min(1).optional(),
})

/** Outgoing webhooks (W-05): `true`, or addresses and networks beside the internet's that they may go to. */
const WebhookVariables = z.object({
  WEBHOOK_ALLOW_PRIVATE: z
    .string()
    .refine((text) => allowedAddresses(text) !== null, 'is not true, false, or addresses and networks like 10.1.0.0/16')
    .default('false'),
  WEBHOOK_DEADLINE_MS: z.coerce.number().int().min(100).max(30_000).default(10_000),
  WEBHOOK_LOG_HOURS: Hours.default(720),
})

/** Traces go nowhere, and cost nothing, without an endpoint (O-07). The exporter reads OTEL_EXPORTER_OTLP_HEADERS and the like by itself. */
const TraceVariables = z.object({
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  OTEL_SERVICE_NAME: z.string().min(1).optional(),
  OTEL_TRACES_SAMPLER: z
    .enum([
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ])
    .default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
})

/** What one worker takes on at once (N-71); what is absent follows from the memory, or is the SDK's. */
const WorkerVariables = z.object({
  WORKER_CACHED_RUNS: z.coerce.number().int().min(2).max(1_000_000).optional(),
  WORKER_WORKFLOW_SLOTS: z.coerce.number().int().min(2).max(10_000).optional(),
  WORKER_ACTIVITY_SLOTS: z.coerce.number().int().min(1).max(10_000).optional(),
  WORKER_LOCAL_ACTIVITY_SLOTS: z.coerce.number().int().min(1).max(10_000).optional(),
  WORKER_WORKFLOW_POLLERS: z.coerce.number().int().min(2).max(1000).optional(),
  WORKER_ACTIVITY_POLLERS: z.coerce.number().int().min(1).max(1000).optional(),
})

const Names = z.string().transform((text, context) => {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (names.length === 0) context.addIssue('names nothing')
  return names
})

/** `student=customer,staff=provider`; an issuer's name may have `=` in it. */
const RoleNames = Names.superRefine((entries, context) => {
  for (const entry of entries) {
    if (!/.=(customer|provider|operator|service)$/.test(entry)) {
      context.addIssue(`${entry} is not name=role, with customer, provider, operator or service as the role`)
    }
  }
})

/** Who signs the callers' tokens, and how they are read (F-06, docs/identity.md). */
const IdentityVariables = z.object({
  AUTH_JWKS_URL: Url,
  AUTH_JWKS_STALE_SECONDS: z.coerce
    .number()
    .int()
    .min(0)
    .max(7 * 86_400)
    .default(6 * 3600),
  AUTH_ISSUER: z.string().min(1),
  // Never optional: nobody is to take tokens that were made for somebody else by leaving out a line.
  AUTH_AUDIENCE: z.union([z.literal('*'), Names]),
  AUTH_AUDIENCE_CLAIM: z.string().min(1).default('aud'),
  AUTH_SUBJECT_CLAIM: z.string().min(1).default('sub'),
  AUTH_ROLE_CLAIMS: Names.default(['role', 'roles']),
  AUTH_ROLE_NAMES: RoleNames.prefault(
    'customer=customer,student=customer,provider=provider,operator=operator,service=service',
  ),
  AUTH_DEFAULT_ROLE: z.enum(['none', 'customer']).default('none'),
  AUTH_LEEWAY_SECONDS: z.coerce.number().int().min(0).max(300).default(5),
})

/** Where Temporal is, and how to be let in: the names that Temporal's SDKs and its CLI have (N-76, temporal/settings.ts). */
const ServerVariables = z.object({
  TEMPORAL_ADDRESS: z.string().min(1),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_API_KEY: z.string().min(1).optional(),
  TEMPORAL_PROFILE: z.string().min(1).optional(),
  TEMPORAL_CONFIG_FILE: z.string().min(1).optional(),
  TEMPORAL_TLS: z.stringbool().optional(),
  TEMPORAL_TLS_CLIENT_CERT_PATH: z.string().min(1).optional(),
  TEMPORAL_TLS_CLIENT_CERT_DATA: z.string().min(1).optional(),
  TEMPORAL_TLS_CLIENT_KEY_PATH: z.string().min(1).optional(),
  TEMPORAL_TLS_CLIENT_KEY_DATA: z.string().min(1).optional(),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: z.string().min(1).optional(),
  TEMPORAL_TLS_SERVER_CA_CERT_DATA: z.string().min(1).optional(),
  TEMPORAL_TLS_SERVER_NAME: z.string().min(1).optional(),
  // The SDK for TypeScript cannot do it, and would leave it out in silence.
  TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: z
    .string()
    .refine((text) => text !== '1' && text !== 'true', 'cannot be done: trust the authority of the server instead')
    .optional(),
  /** Headers for each call as JSON: what TEMPORAL_GRPC_META_… and the profile say together. */
  TEMPORAL_GRPC_META: z.string().optional(),
})

/** Every variable the product reads, with its default where there is a safe one (docs/configuration.md is made of it). */
const Variables = z.object({
  DATABASE_URL: Url,
  DATABASE_POOL_SIZE: z.coerce.number().int().min(1).max(200).default(20),
  ...ServerVariables.shape,
  TASK_QUEUE: z.string().min(1).default('holdfast'),
  DEPLOYMENT_NAME: z
    .string()
    .regex(/^(?!__)[\w-]{1,100}$/, 'is not a name of letters, digits, - and _')
    .default('holdfast'),
  BUILD_ID: z.string().regex(BUILD, 'is not a name of letters, digits, ., + and -').optional(),
  PAYLOAD_KEYS: z
    .string()
    .superRefine((text, context) => {
      const fault = faultOfKeys(text)
      if (fault !== null) context.addIssue(fault)
    })
    .optional(),
  CODEC_ORIGIN: Url.optional(),
  PUBLIC_URL: Url.optional(),
  /** How long the API waits for a booking’s workflow: longer than a slow hold, shorter than a customer’s patience. */
  TEMPORAL_DEADLINE_MS: z.coerce.number().int().min(100).max(60_000).default(10_000),
  WORKFLOW_BUNDLE: z.string().min(1).optional(),
  PORT: Port.default(3000),
  HOST: z.string().min(1).default('127.0.0.1'),
  GRPC_PORT: Port.default(3002),
  GRPC_DEADLINE_MS: z.coerce.number().int().min(100).max(600_000).default(40_000),
  GRPC_TLS_CERT: z.string().min(1).optional(),
  GRPC_TLS_KEY: z.string().min(1).optional(),
  TUTORING_PORT: Port.optional(),
  CLINIC_PORT: Port.optional(),
  TICKETING_PORT: Port.optional(),
  VENUE_PORT: Port.optional(),
  COURSE_PORT: Port.optional(),
  METRICS_PORT: Port.default(9464),
  ...KafkaVariables.shape,
  /** The consumer group; absent: `<TASK_QUEUE>.consumers`. */
  KAFKA_GROUP_ID: z.string().min(1).max(200).optional(),
  KAFKA_PARTITIONS: z.coerce.number().int().min(1).max(1000).default(6),
  KAFKA_REPLICATION: z.coerce.number().int().min(1).max(10).default(1),
  KAFKA_RETENTION_HOURS: Hours.default(168),
  /** Who is believed that something was paid without the payment service being asked (N-11): topics, and `service:…` for callers over HTTP and gRPC. */
  PAYMENT_TRUSTED_SOURCES: z
    .string()
    .default('')
    .transform((text) => text.split(',').flatMap((entry) => entry.trim() || [])),
  OUTBOX_RETENTION_HOURS: Hours.default(168),
  IDEMPOTENCY_RETENTION_HOURS: Hours.default(72),
  INBOX_RETENTION_HOURS: Hours.default(720),
  NOTIFICATION_RETENTION_HOURS: Hours.default(2160),
  RELAY_METRICS_PORT: Port.default(9465),
  INVENTORY_SERVICE_URL: Url.optional(),
  PRICING_SERVICE_URL: Url.optional(),
  PAYMENT_PROVIDER: z.enum(['sandbox', 'stripe']).default('sandbox'),
  PAYMENT_SERVICE_URL: Url.optional(),
  STRIPE_SECRET_KEY: z.string().min(1).optional(),
  STRIPE_WEBHOOK_SECRET: z.string().min(1).optional(),
  STRIPE_API_BASE: Url.optional(),
  STRIPE_DEADLINE_MS: z.coerce.number().int().min(50).max(9_000).default(2_500),
  CATALOG_SERVICE_URL: Url.optional(),
  DIRECTORY_SERVICE_URL: Url.optional(),
  USER_SERVICE_URL: Url.optional(),
  COURSE_SERVICE_URL: Url.optional(),
  ADVISORY_SERVICES: Advisors.default([]),
  MEETING_SERVICE_URL: Url,
  SERVICE_DEADLINE_MS: z.coerce.number().int().min(50).max(60_000).default(800),
  PAYMENT_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/=]{32,}$/, 'is not a Standard Webhooks secret (whsec_…)'),
  ...IdentityVariables.shape,
  RATE_LIMIT_PER_MINUTE: z.coerce.number().int().min(1).default(1200),
  EVENT_STREAM_SECONDS: z.coerce.number().int().min(1).max(86_400).default(900),
  EVENT_STREAM_HEARTBEAT_SECONDS: z.coerce.number().int().min(1).max(600).default(15),
  EVENT_STREAMS_PER_CALLER: z.coerce.number().int().min(1).max(1000).default(10),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  REDIS_PREFIX: z.string().min(1).max(100).default('holdfast:'),
  REDIS_DEADLINE_MS: z.coerce.number().int().min(5).max(5000).default(250),
  CATALOGUE_FRESH_SECONDS: z.coerce.number().int().min(0).max(3600).default(30),
  CATALOGUE_STALE_SECONDS: z.coerce.number().int().min(0).max(86_400).default(900),
  REPORT_REFRESH_SECONDS: z.coerce.number().int().min(1).max(86_400).default(60),
  RECONCILE_EVERY_SECONDS: z.coerce.number().int().min(0).max(86_400).default(300),
  READY_FILE: z.string().min(1).optional(),
  DRAIN_SECONDS: z.coerce.number().int().min(0).max(300).default(0),
  ...WorkerVariables.shape,
  CREATE_CONCURRENCY: z.coerce.number().int().min(1).max(1000).default(24),
  CONSOLE_SANDBOX_URL: Url.optional(),
  TEMPORAL_UI_URL: Url.optional(),
  LOG_LEVEL: Level.default('info'),
  ...MailVariables.shape,
  ...AttachmentVariables.shape,
  ...WebhookVariables.shape,
  ...TraceVariables.shape,
})

/** What each may be. */
export const SETTINGS: Readonly<Record<string, z.ZodType>> = Variables.shape

/** The names of all of them. */
export const VARIABLES: readonly string[] = Object.keys(Variables.shape)

const TemporalVariables = ServerVariables.extend(Variables.pick({ PAYLOAD_KEYS: true, DEPLOYMENT_NAME: true }).shape)

function saslIsWhole(given: z.infer<typeof KafkaVariables>, context: z.RefinementCtx): void {
  if (given.KAFKA_SASL_MECHANISM === undefined) return
  for (const name of ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const) {
    if (given[name] === undefined) context.addIssue({ code: 'custom', path: [name], message: 'SASL needs it' })
  }
}

/** Each way of being paid needs variables of its own (S-03, S-04). */
function paymentsAreWhole(given: z.infer<typeof Variables>, context: z.RefinementCtx): void {
  const needed =
    given.PAYMENT_PROVIDER === 'stripe'
      ? (['STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET'] as const)
      : (['PAYMENT_SERVICE_URL'] as const)
  for (const name of needed) {
    if (given[name] === undefined) context.addIssue({ code: 'custom', path: [name], message: 'payments need it' })
  }
}

/** A certificate without its key would leave gRPC in the clear. */
function tlsIsWhole(given: z.infer<typeof Variables>, context: z.RefinementCtx): void {
  const [first, second] = ['GRPC_TLS_CERT', 'GRPC_TLS_KEY'] as const
  if ((given[first] === undefined) === (given[second] === undefined)) return
  const absent = given[first] === undefined ? first : second
  context.addIssue({ code: 'custom', path: [absent], message: 'certificate and key go together' })
}

/** The same towards Temporal, whose server would refuse a connection without saying why. */
function temporalTlsIsWhole(given: z.infer<typeof ServerVariables>, context: z.RefinementCtx): void {
  const isThere = (what: 'CERT' | 'KEY') =>
    (given[`TEMPORAL_TLS_CLIENT_${what}_PATH`] ?? given[`TEMPORAL_TLS_CLIENT_${what}_DATA`]) !== undefined
  if (isThere('CERT') === isThere('KEY')) return
  const absent = `TEMPORAL_TLS_CLIENT_${isThere('CERT') ? 'KEY' : 'CERT'}_PATH`
  context.addIssue({ code: 'custom', path: [absent], message: 'certificate and key go together' })
}

function mailIsWhole(given: z.infer<typeof MailVariables>, context: z.RefinementCtx): void {
  if (given.SMTP_URL === undefined || given.MAIL_FROM !== undefined) return
  context.addIssue({ code: 'custom', path: ['MAIL_FROM'], message: 'SMTP_URL needs it' })
}

function bucketIsWhole(given: z.infer<typeof AttachmentVariables>, context: z.RefinementCtx): void {
  const names = ['ATTACHMENTS_S3_ACCESS_KEY_ID', 'ATTACHMENTS_S3_SECRET_ACCESS_KEY'] as const
  const missing = names.filter((name) => given[name] === undefined)
  if (missing.length !== 1) return
  context.addIssue({ code: 'custom', path: missing, message: 'one needs the other' })
}

const Environment = Variables.superRefine(saslIsWhole)
  .superRefine(paymentsAreWhole)
  .superRefine(tlsIsWhole)
  .superRefine(temporalTlsIsWhole)
  .superRefine(mailIsWhole)
  .superRefine(bucketIsWhole)
const KafkaEnvironment = KafkaVariables.superRefine(saslIsWhole)
const TemporalEnvironment = TemporalVariables.superRefine(temporalTlsIsWhole)

export type Config = z.infer<typeof Environment>

/** Thrown for an environment that cannot be run with; `message` names each variable and what is wrong with it, one a line. */
export class BadConfiguration extends Error {
  override readonly name = 'BadConfiguration'
}

/** Reads the environment, once per process. Throws BadConfiguration. An empty value counts as not set. */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  return readAs(Environment, temporalIn(environment))
}

const EngineEnvironment = ServerVariables.extend(
  Variables.pick({ DATABASE_URL: true, TASK_QUEUE: true, PAYLOAD_KEYS: true }).shape,
).superRefine(temporalTlsIsWhole)

/** The part of the environment that says where bookings and their workflows are, for programs that need nothing else. Throws BadConfiguration. */
export function readEngineConfig(environment: NodeJS.ProcessEnv): z.infer<typeof EngineEnvironment> {
  return readAs(EngineEnvironment, temporalIn(environment))
}

/** The part of the environment that says where Kafka is, for programs that need nothing else. Throws BadConfiguration. */
export function readKafkaConfig(environment: NodeJS.ProcessEnv): z.infer<typeof KafkaEnvironment> {
  return readAs(KafkaEnvironment, environment)
}

/**
 * The part of the environment that says where Temporal is and how to be let in, for programs that need nothing else; `fallback` is the address where
 * nothing names one. Throws BadConfiguration.
 */
export function readTemporalConfig(
  environment: NodeJS.ProcessEnv,
  fallback?: string,
): z.infer<typeof TemporalEnvironment> {
  const settings = temporalIn(environment)
  return readAs(TemporalEnvironment, { ...(fallback !== undefined && { TEMPORAL_ADDRESS: fallback }), ...settings })
}

function temporalIn(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  try {
    return withTemporalSettings(environment)
  } catch (error) {
    throw new BadConfiguration(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

function readAs<Schema extends z.ZodType>(schema: Schema, environment: NodeJS.ProcessEnv): z.infer<Schema> {
  const entries = Object.entries(withDocumentNames(environment))
  const given = Object.fromEntries(entries.filter(([, value]) => value !== ''))
  const result = schema.safeParse(given)
  if (result.success) return result.data
  const faults = result.error.issues.map((issue) => {
    const name = issue.path.join('.')
    const isMissing = given[name] === undefined
    return `${name} ${isMissing ? 'is not set' : `is wrong: ${issue.message}`}`
  })
  throw new BadConfiguration(faults.join('\n'))
}
