import { Hono } from 'hono'
import { pino, type Logger } from 'pino'
import { directoryControl, directoryRoutes } from './directory/routes.ts'
import { eventControl, eventRoutes } from './directory/events.ts'
import { meetingRoutes } from './directory/meetings.ts'
import { createFaults } from './faults/plan.ts'
import { faultRoutes } from './faults/routes.ts'
import { createNamed } from './faults/strike.ts'
import { listenGrpc, type GrpcListening } from './grpc/server.ts'
import { createOperations } from './http/operation.ts'
import type { SandboxEnv } from './http/env.ts'
import { closeServer, listen, type Listening } from './http/listen.ts'
import { Problem, problemResponse } from './http/problem.ts'
import { inventoryRoutes, unitRoutes } from './inventory/routes.ts'
import { issuerRoutes } from './issuer/routes.ts'
import { readLedger } from './payments/ledger.ts'
import { elsewhereRoutes } from './payments/elsewhere.ts'
import { paymentRoutes } from './payments/routes.ts'
import { createSlowPayments, settleDue } from './payments/slow.ts'
import { pricingRoutes } from './pricing/routes.ts'
import { openDatabase } from './store/database.ts'
import { createEmit } from './webhooks/outbox.ts'
import { createQueue } from './webhooks/queue.ts'
import { webhookRoutes } from './webhooks/routes.ts'
import { createSender } from './webhooks/sender.ts'

export interface SandboxOptions {
  /** A file, or ':memory:'. A file keeps everything but the fault plan over a restart. */
  database: string
  /** `iss` and `aud` of the tokens it gives. */
  issuer: string
  audience: string
  /** Where webhooks go; null lets them wait. */
  webhookUrl: string | null
  /** 'whsec_' and base64, as Standard Webhooks has it. */
  webhookSecret: string
  now?: () => Date
  log?: Logger
}

export interface Sandbox {
  /** Also callable without a socket: `app.request`. */
  app: Hono<SandboxEnv>
  /** Port 0 is any free one. Rejects with the system's error, EADDRINUSE say. */
  listen(where: { port: number; hostname?: string }): Promise<{ port: number; url: string }>
  /** Users, courses and payments over gRPC too. Rejects when the port cannot be had. */
  listenGrpc(where: { port: number; hostname?: string }): Promise<{ port: number; url: string }>
  /** Stops servers and timers; what is queued stays in the database. Twice is once. */
  close(): Promise<void>
  setWebhookUrl(url: string | null): void
}

/**
 * Every service Holdfast calls, in one process [S-07], by the contract in docs/services.md [S-01 to S-06].
 * @throws when the database cannot be opened, or the webhook's URL or secret cannot be read
 */
export function createSandbox(options: SandboxOptions): Sandbox {
  const { issuer, audience, now = () => new Date(), log = pino({ level: 'silent' }) } = options
  const closing = new AbortController()
  const db = openDatabase(options.database)
  const faults = createFaults()
  const named = createNamed(faults, closing.signal)
  const operations = createOperations(db)
  const sender = createSender(createQueue(db), now, options.webhookSecret, log)
  sender.setUrl(options.webhookUrl)
  const slow = createSlowPayments({ db, now, emit: createEmit(db, now, faults, sender) }, log)
  const { bank } = slow
  const flush = { sender, settle: () => settleDue(bank), closing: closing.signal }

  const app = new Hono<SandboxEnv>()
    .route('/api/v1/payments', paymentRoutes(bank, named, operations))
    .route('/api/v1/pricing', pricingRoutes(now, named, operations))
    .route('/api/v1/inventory', inventoryRoutes(db, now, named, operations))
    .route('/internal/events', eventRoutes(db, named))
    .route('/internal/meetings', meetingRoutes(named, operations))
    .route('/internal', directoryRoutes(db, named))
    .route('/', issuerRoutes({ db, now, issuer, audience }))
    .get('/ledger', (c) => c.json(readLedger(db, c.req.query('booking_id'))))
    .route('/control/payments', elsewhereRoutes(bank))
    .route('/control/faults', faultRoutes(faults))
    .route('/control/webhooks', webhookRoutes(flush))
    .route('/control/inventory', unitRoutes(db))
    .route('/control/events', eventControl(db))
    .route('/control', directoryControl(db))
    .notFound((c) => problemResponse(c, new Problem(404, 'not_found', 'There is nothing here.')))
    .onError((error, c) => {
      if (error instanceof Problem) return problemResponse(c, error)
      if (closing.signal.aborted) return problemResponse(c, new Problem(503, 'unavailable', 'The sandbox is closing.'))
      log.error({ err: error, path: c.req.path }, 'a call failed')
      return problemResponse(c, new Problem(500, 'internal', 'This should not have happened.'))
    })

  const servers: Listening[] = []
  const grpcServers: GrpcListening[] = []
  async function shutDown(): Promise<void> {
    closing.abort()
    slow.alarm.stop()
    await Promise.all([
      sender.stop(),
      ...servers.map(({ server }) => closeServer(server)),
      ...grpcServers.map((listening) => listening.close()),
    ])
    db.close()
  }
  let closed: Promise<void> | undefined

  return {
    app,
    async listen({ port, hostname = '127.0.0.1' }) {
      const listening = await listen(app, port, hostname)
      servers.push(listening)
      return { port: listening.port, url: listening.url }
    },
    async listenGrpc({ port, hostname = '127.0.0.1' }) {
      const listening = await listenGrpc(app, port, hostname)
      grpcServers.push(listening)
      return { port: listening.port, url: `grpc://${hostname}:${listening.port}` }
    },
    close: () => (closed ??= shutDown()),
    setWebhookUrl: (url) => sender.setUrl(url),
  }
}
