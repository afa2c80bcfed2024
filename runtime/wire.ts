import type { Client } from '@temporalio/client'
import { pino, type Logger } from 'pino'
import { createActivities, type Activities } from '../activities/index.ts'
import { reconcileActivities, type ReconcileActivities } from '../activities/reconcile.ts'
import type { Config } from '../config.ts'
import { messagesOf } from '../events/mapping.ts'
import { notificationsOf } from '../events/notifications/mapping.ts'
import type { WebhookPorts } from '../events/webhooks/sender.ts'
import { openDatabase, type Database } from '../prisma/client.ts'
import { folderStore } from '../services/attachments/folder.ts'
import { memoryStore, redisStore } from '../services/cache-store.ts'
import { cachedCatalogue, cachedCourses, cachedDirectory, forgetting, type Forget } from '../services/cached.ts'
import { httpCatalogue } from '../services/catalogue.ts'
import { openClients, type Clients } from '../services/clients.ts'
import { httpCourses, httpDirectory, httpUsers } from '../services/directory.ts'
import { grpcCourses, grpcUsers } from '../services/grpc/directory.ts'
import { grpcPayments } from '../services/grpc/payments.ts'
import { httpInventory } from '../services/inventory.ts'
import { httpMeetings } from '../services/meetings.ts'
import { httpPayments } from '../services/payments.ts'
import { emailChannel, logChannel } from '../services/notifications.ts'
import type {
  Advisor,
  AttachmentStore,
  Catalogue,
  Courses,
  Directory,
  Inventory,
  Meetings,
  NotificationChannel,
  Payments,
  Pricing,
  Users,
} from '../services/ports.ts'
import { httpPricing, listPricing } from '../services/pricing.ts'
import { openRedis, type Redis } from '../services/redis.ts'
import { stripeClient, stripePayments } from '../services/stripe/payments.ts'
import { allowedAddresses, PUBLIC_ONLY } from '../services/webhooks/addresses.ts'
import { openPoster } from '../services/webhooks/poster.ts'
import { logFields } from '../observability/about.ts'
import { openTracing } from '../observability/tracing.ts'
import { requirePayloadKeys, startNotingKey } from './payload-keys.ts'
import { payloadKeysOf } from '../temporal/codec.ts'
import { openTemporalClient } from '../temporal/connect.ts'
import { bookingRuns } from '../temporal/runs.ts'
import { bookingWorkflows, type BookingWorkflows } from '../temporal/bookings.ts'

/** What every process is made of. Nothing else in the product creates a client of anything. */
export type Parts = {
  readonly config: Config
  readonly log: Logger
  readonly database: Database
  readonly payments: Payments
  readonly pricing: Pricing
  /** Where events and seat prices, and people, are known; null: not configured, what was loaded here decides (N-05). */
  readonly catalogue: Catalogue | null
  readonly directory: Directory | null
  /** Those whose not knowing refuses nothing. */
  readonly advisors: readonly Advisor[]
  /** What course orders are checked with (O-03); null: not configured. */
  readonly users: Users | null
  readonly courses: Courses | null
  readonly meetings: Meetings
  readonly inventory: Inventory | null
  /** Null: what replicas share is this process's own. */
  readonly redis: Redis | null
  /** Reaches what this process remembers, and with Redis what all of them do. */
  readonly forget: Forget
  readonly channel: NotificationChannel
  /** Null: attachments are refused. */
  readonly attachments: AttachmentStore | null
  readonly temporal: Client
  readonly workflows: BookingWorkflows
  /** Closes what was opened, clients first. */
  close(): Promise<void>
}

/** Puts the parts together. Throws when Temporal cannot be reached or a payload key is missing; a database that is out of reach is waited for. */
export async function wire(config: Config, processName: string): Promise<Parts> {
  const log = createLogger(config, processName)
  const tracing = await openTracing(config, `holdfast-${processName}`, log)
  const clients = openClients(config.SERVICE_DEADLINE_MS)
  const temporal = await openTemporalClient(config)
  const database = openDatabase(config.DATABASE_URL, config.DATABASE_POOL_SIZE)
  const keyPorts = { config, database, temporal, log }
  await requirePayloadKeys(keyPorts).catch(async (error: unknown) => {
    await Promise.all([temporal.connection.close(), database.$disconnect(), clients.close(), tracing.close()])
    throw error
  })
  const notingKey = startNotingKey(keyPorts)
  const redis = config.REDIS_URL === undefined ? null : await openRedis(config.REDIS_URL, config.REDIS_DEADLINE_MS, log)
  // The version is that of the kept values' shape.
  const store = redis === null ? memoryStore() : redisStore(redis, `${config.REDIS_PREFIX}v1:`, memoryStore())
  const ages = { freshSeconds: config.CATALOGUE_FRESH_SECONDS, staleSeconds: config.CATALOGUE_STALE_SECONDS }
  const channel = channelOf(config, log)
  const attachments = await attachmentStoreOf(config)
  return {
    config,
    log,
    database,
    payments: paymentsOf(config, clients),
    pricing:
      config.PRICING_SERVICE_URL === undefined
        ? listPricing
        : httpPricing(clients.http('pricing', config.PRICING_SERVICE_URL)),
    catalogue:
      config.CATALOG_SERVICE_URL === undefined
        ? null
        : cachedCatalogue(httpCatalogue(clients.http('catalogue', config.CATALOG_SERVICE_URL)), store, ages),
    directory:
      config.DIRECTORY_SERVICE_URL === undefined
        ? null
        : cachedDirectory(httpDirectory(clients.http('directory', config.DIRECTORY_SERVICE_URL)), store, ages),
    advisors: config.ADVISORY_SERVICES,
    users:
      config.USER_SERVICE_URL === undefined
        ? null
        : clients.over('user', config.USER_SERVICE_URL, httpUsers, grpcUsers),
    courses:
      config.COURSE_SERVICE_URL === undefined
        ? null
        : cachedCourses(clients.over('course', config.COURSE_SERVICE_URL, httpCourses, grpcCourses), store, ages),
    meetings: httpMeetings(clients.http('meeting', config.MEETING_SERVICE_URL)),
    inventory:
      config.INVENTORY_SERVICE_URL === undefined
        ? null
        : httpInventory(clients.http('inventory', config.INVENTORY_SERVICE_URL)),
    redis,
    forget: forgetting(store),
    channel,
    attachments,
    temporal,
    workflows: bookingWorkflows(temporal, config.TASK_QUEUE, config.TEMPORAL_DEADLINE_MS, config.PUBLIC_URL),
    async close() {
      await notingKey?.stop()
      await temporal.connection.close()
      await Promise.all([clients, channel, ...(attachments === null ? [] : [attachments])].map((each) => each.close()))
      redis?.close()
      await database.$disconnect()
      await tracing.close()
    },
  }
}

/** The payment service by our own contract, or Stripe (S-03, S-04); `readConfig` has seen to it that what it needs is there. */
function paymentsOf(config: Config, clients: Clients): Payments {
  const { PAYMENT_PROVIDER, PAYMENT_SERVICE_URL = '', STRIPE_SECRET_KEY: secretKey = '' } = config
  if (PAYMENT_PROVIDER === 'sandbox') return clients.over('payment', PAYMENT_SERVICE_URL, httpPayments, grpcPayments)
  const { STRIPE_API_BASE: apiBase, STRIPE_DEADLINE_MS: deadlineMs } = config
  return stripePayments(stripeClient({ secretKey, apiBase, deadlineMs }))
}

function channelOf({ SMTP_URL: url, MAIL_FROM: from }: Config, log: Logger): NotificationChannel {
  return url === undefined || from === undefined ? logChannel(log) : emailChannel({ url, from })
}

/** The S3 client is large: it is loaded only by those who use it. */
async function attachmentStoreOf(config: Config): Promise<AttachmentStore | null> {
  const { ATTACHMENTS_S3_BUCKET: bucket, ATTACHMENTS_DIR: folder } = config
  if (bucket !== undefined) {
    const { bucketStore } = await import('../services/attachments/s3.ts')
    return bucketStore(bucket, config)
  }
  return folder === undefined ? null : folderStore(folder)
}

/** The activities over the parts. */
export function activitiesOf(parts: Parts): Activities {
  return createActivities({ ...parts, messages: messagesOf, notifications: notificationsOf })
}

/** The activities of reconciliation over the parts. */
export function reconcilingOf(parts: Parts): ReconcileActivities {
  return reconcileActivities({ ...parts, runs: bookingRuns(parts.temporal, parts.config.TASK_QUEUE) })
}

/** A logger of JSON lines; what could identify a person or let somebody pay is not written. */
export function createLogger(config: Pick<Config, 'LOG_LEVEL'>, processName: string): Logger {
  return pino({
    level: config.LOG_LEVEL,
    base: { process: processName },
    mixin: logFields,
    redact: ['*.client_secret', '*.email', '*.phone', '*.authorization', 'req.headers.authorization'],
  })
}

/** What outgoing webhooks are sent with (W-01 to W-05). */
export function webhooksOf({ config, database, log }: Parts): WebhookPorts {
  // `readConfig` has refused what cannot be read.
  const allowed = allowedAddresses(config.WEBHOOK_ALLOW_PRIVATE) ?? PUBLIC_ONLY
  const keys = config.PAYLOAD_KEYS === undefined ? [] : payloadKeysOf(config.PAYLOAD_KEYS)
  return { database, log, keys, poster: openPoster(allowed, config.WEBHOOK_DEADLINE_MS) }
}
