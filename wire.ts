import type { Client } from '@temporalio/client'
import { pino, type Logger } from 'pino'
import { createActivities, type Activities } from './activities/index.ts'
import type { Config } from './config.ts'
import { messagesOf } from './events/mapping.ts'
import { notificationsOf } from './events/notifications/mapping.ts'
import { openDatabase, type Database } from './prisma/client.ts'
import { folderStore } from './services/attachments/folder.ts'
import { httpCatalogue } from './services/catalogue.ts'
import { httpDirectory } from './services/directory.ts'
import { httpClient, type HttpClient } from './services/http.ts'
import { httpInventory } from './services/inventory.ts'
import { httpMeetings } from './services/meetings.ts'
import { httpPayments } from './services/payments.ts'
import { emailChannel, logChannel } from './services/notifications.ts'
import type {
  AttachmentStore,
  Catalogue,
  Directory,
  Inventory,
  Meetings,
  NotificationChannel,
  Payments,
  Pricing,
} from './services/ports.ts'
import { httpPricing, listPricing } from './services/pricing.ts'
import { openTemporalClient } from './temporal/connect.ts'
import { bookingWorkflows, type BookingWorkflows } from './temporal/bookings.ts'

/** What every process is made of. Nothing else in the product creates a client of anything. */
export type Parts = {
  readonly config: Config
  readonly log: Logger
  readonly database: Database
  readonly payments: Payments
  readonly pricing: Pricing
  readonly catalogue: Catalogue
  readonly directory: Directory
  readonly meetings: Meetings
  readonly inventory: Inventory | null
  readonly channel: NotificationChannel
  /** Null: attachments are refused. */
  readonly attachments: AttachmentStore | null
  readonly temporal: Client
  readonly workflows: BookingWorkflows
  /** Closes what was opened, clients first. */
  close(): Promise<void>
}

/** How long the API waits for Temporal: longer than a slow hold, shorter than a customer's patience. */
const TEMPORAL_DEADLINE_MS = 10_000

/** Puts the parts together. Throws when Temporal cannot be reached; the database is opened on first use. */
export async function wire(config: Config, processName: string): Promise<Parts> {
  const log = createLogger(config, processName)
  const clients: HttpClient[] = []
  const client = (service: string, url: string): HttpClient => {
    const made = httpClient(service, url, config.SERVICE_DEADLINE_MS)
    clients.push(made)
    return made
  }
  const temporal = await openTemporalClient(config)
  const database = openDatabase(config.DATABASE_URL, config.DATABASE_POOL_SIZE)
  const channel = channelOf(config, log)
  const attachments = await attachmentStoreOf(config)
  return {
    config,
    log,
    database,
    payments: httpPayments(client('payment', config.PAYMENT_SERVICE_URL)),
    pricing:
      config.PRICING_SERVICE_URL === undefined
        ? listPricing
        : httpPricing(client('pricing', config.PRICING_SERVICE_URL)),
    catalogue: httpCatalogue(client('catalogue', config.CATALOG_SERVICE_URL)),
    directory: httpDirectory(client('directory', config.DIRECTORY_SERVICE_URL)),
    meetings: httpMeetings(client('meeting', config.MEETING_SERVICE_URL)),
    inventory:
      config.INVENTORY_SERVICE_URL === undefined
        ? null
        : httpInventory(client('inventory', config.INVENTORY_SERVICE_URL)),
    channel,
    attachments,
    temporal,
    workflows: bookingWorkflows(temporal, config.TASK_QUEUE, TEMPORAL_DEADLINE_MS),
    async close() {
      await temporal.connection.close()
      await Promise.all(
        [...clients, channel, ...(attachments === null ? [] : [attachments])].map((each) => each.close()),
      )
      await database.$disconnect()
    },
  }
}

function channelOf({ SMTP_URL: url, MAIL_FROM: from }: Config, log: Logger): NotificationChannel {
  return url === undefined || from === undefined ? logChannel(log) : emailChannel({ url, from })
}

/** The S3 client is large: it is loaded only by those who use it. */
async function attachmentStoreOf(config: Config): Promise<AttachmentStore | null> {
  const { ATTACHMENTS_S3_BUCKET: bucket, ATTACHMENTS_DIR: folder } = config
  if (bucket !== undefined) {
    const { bucketStore } = await import('./services/attachments/s3.ts')
    return bucketStore(bucket, config)
  }
  return folder === undefined ? null : folderStore(folder)
}

/** The activities over the parts. */
export function activitiesOf(parts: Parts): Activities {
  return createActivities({ ...parts, messages: messagesOf, notifications: notificationsOf })
}

/** A logger of JSON lines; what could identify a person or let somebody pay is not written. */
export function createLogger(config: Pick<Config, 'LOG_LEVEL'>, processName: string): Logger {
  return pino({
    level: config.LOG_LEVEL,
    base: { process: processName },
    redact: ['*.client_secret', '*.email', '*.phone', '*.authorization', 'req.headers.authorization'],
  })
}
