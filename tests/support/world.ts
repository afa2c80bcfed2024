import { randomBytes, randomUUID } from 'node:crypto'
import { serve, type ServerType } from '@hono/node-server'
import { DefaultLogger, NativeConnection, Runtime, type Worker } from '@temporalio/worker'
import { inject } from 'vitest'
import type { Activities } from '../../activities/index.ts'
import { createApp } from '../../api/app.ts'
import { startGrpc, type GrpcServer } from '../../api/grpc/server.ts'
import { createMetrics } from '../../api/metrics.ts'
import { readConfig, type Config } from '../../config.ts'
import { startDisplacementPoller } from '../../events/displacements.ts'
import { startInboxPoller } from '../../events/inbox.ts'
import { startWaitlistPoller } from '../../events/waitlist.ts'
import { createSandbox, type Sandbox } from '../../services/sandbox/app.ts'
import type { Catalogue, Directory } from '../../services/ports.ts'
import { bundleWorkflows, createWorker } from '../../temporal/worker.ts'
import { activitiesOf, reconcilingOf, wire, type Parts } from '../../runtime/wire.ts'
import { audit, type LedgerLine } from './audit.ts'
import { caller, type Caller } from './caller.ts'
import { beginNow } from './offers.ts'
import { freePort } from './ports.ts'
import { replay } from './replay.ts'
import { createDatabase } from './scratch.ts'

type Environment = Readonly<Record<string, string>>

export type WorldOptions = {
  /** Variables besides the usual ones, or what makes them once the sandbox has its URL. */
  readonly environment?: Environment | ((sandboxUrl: string) => Environment)
  /** Users, courses and payments over gRPC (O-03). */
  readonly grpc?: boolean
  /** Run the workflows on another server (time skipping) than the shared one. */
  readonly temporal?: { readonly address: string }
  /** The sandbox's clock. */
  readonly now?: () => Date
  /** Without a worker, for tests that run their own. */
  readonly worker?: boolean
  /** The books of whoever takes the money, where that is not the sandbox. */
  readonly books?: () => readonly LedgerLine[]
  /** What the worker does instead of an activity, for tests of what happens in the middle of one. */
  readonly activities?: (real: Activities) => Partial<Activities>
}

/**
 * Everything for real, for one test file: a database of its own, a sandbox, a worker on a task queue of its own, and the API on a port. `close`
 * audits the invariants, replays the history of every workflow that ran, and stops it all.
 */
export type World = {
  /** With the sandbox’s catalogue and directory, which a test may do without: its `environment` says so. */
  readonly parts: Parts & { readonly catalogue: Catalogue; readonly directory: Directory }
  readonly config: Config
  readonly sandbox: Sandbox
  readonly sandboxUrl: string
  readonly apiUrl: string
  /** Starts the API's gRPC side when it is first asked for; host and port. */
  grpc(): Promise<string>
  /** A caller of a role; the same name is the same person. */
  as(role: 'customer' | 'student' | 'provider' | 'operator' | 'service', sub: string): Promise<Caller>
  /** What the payment service says of the money. */
  readonly ledger: () => Promise<readonly LedgerLine[]> | readonly LedgerLine[]
  /** A caller with a token of one's own making, or without one. */
  withToken(token: string | null): Caller
  /** Calls the sandbox: its control routes, its payments as a customer's browser does. */
  readonly service: Caller
  /** `audit` false: for bookings made behind the back of Temporal and the payment service, which cannot agree with them. */
  close(options?: { replay?: boolean; audit?: boolean }): Promise<void>
}

// Once per test process: the SDK says every change of a worker's state otherwise.
Runtime.install({ logger: new DefaultLogger('ERROR') })

const SECRET = `whsec_${randomBytes(32).toString('base64')}`

/** Opens a world; close it in `afterAll`. */
export async function openWorld(options: WorldOptions = {}): Promise<World> {
  beginNow()
  const shared = inject('shared')
  const undo: (() => Promise<void>)[] = []
  const database = await createDatabase()
  undo.push(() => database.drop())
  const [sandboxPort, apiPort] = [await freePort(), await freePort()]
  const sandboxUrl = `http://127.0.0.1:${sandboxPort}`
  const apiUrl = `http://127.0.0.1:${apiPort}`

  const sandbox = createSandbox({
    database: ':memory:',
    issuer: sandboxUrl,
    audience: 'holdfast',
    webhookUrl: `${apiUrl}/api/v1/webhooks/payments`,
    webhookSecret: SECRET,
    ...(options.now !== undefined && { now: options.now }),
  })
  await sandbox.listen({ port: sandboxPort })
  undo.push(() => sandbox.close())

  const grpcUrl = options.grpc === true ? (await sandbox.listenGrpc({ port: 0 })).url : null

  const config = readConfig({
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: options.temporal?.address ?? shared.temporalAddress,
    TASK_QUEUE: `test-${randomUUID()}`,
    PAYMENT_SERVICE_URL: sandboxUrl,
    PRICING_SERVICE_URL: sandboxUrl,
    CATALOG_SERVICE_URL: sandboxUrl,
    DIRECTORY_SERVICE_URL: sandboxUrl,
    MEETING_SERVICE_URL: sandboxUrl,
    PAYMENT_WEBHOOK_SECRET: SECRET,
    AUTH_ISSUER: sandboxUrl,
    AUTH_JWKS_URL: `${sandboxUrl}/.well-known/jwks.json`,
    AUTH_AUDIENCE: 'holdfast',
    RATE_LIMIT_PER_MINUTE: '100000',
    // A busy test machine is slow, which is not the same as a service that is down: tests of the deadline set their own.
    SERVICE_DEADLINE_MS: '10000',
    TEMPORAL_DEADLINE_MS: '60000',
    // What a test changes at a service is asked for at once; tests of the cache say how old things may be.
    CATALOGUE_FRESH_SECONDS: '0',
    CATALOGUE_STALE_SECONDS: '0',
    // Tests reconcile when they mean to.
    RECONCILE_EVERY_SECONDS: '0',
    LOG_LEVEL: 'silent',
    PORT: String(apiPort),
    ...(grpcUrl !== null && { PAYMENT_SERVICE_URL: grpcUrl, USER_SERVICE_URL: grpcUrl, COURSE_SERVICE_URL: grpcUrl }),
    GRPC_PORT: '0',
    ...(typeof options.environment === 'function' ? options.environment(sandboxUrl) : options.environment),
  })
  const parts = (await wire(config, 'test')) as World['parts']
  undo.push(() => parts.close())
  const real = activitiesOf(parts)
  const activities = { ...real, ...options.activities?.(real) }
  if (options.worker !== false) undo.push(await runWorker(config, parts, activities, shared.bundlePath))
  const metrics = createMetrics()
  const app = createApp(parts, { metrics })
  const server = await listen(app, apiPort)
  undo.push(() => closeServer(server))
  let grpc: Promise<GrpcServer> | undefined
  undo.push(async () => (await grpc)?.stop())

  const service = caller(sandboxUrl, 'sandbox', null)
  const ledger = options.books ?? (async () => (await service.get<LedgerLine[]>('/ledger')).body)
  const people = new Map<string, Caller>()
  return {
    parts,
    config,
    sandbox,
    sandboxUrl,
    apiUrl,
    service,
    ledger,
    async grpc() {
      grpc ??= startGrpc(parts, { app, registry: metrics.registry })
      return `127.0.0.1:${(await grpc).port}`
    },
    withToken: (token) => caller(`${apiUrl}/api/v1`, 'somebody', token),
    async as(role, sub) {
      const known = people.get(`${role} ${sub}`)
      if (known !== undefined) return known
      const { body } = await service.post<{ access_token: string }>('/oauth/token', { sub, role })
      const person = caller(`${apiUrl}/api/v1`, sub, body.access_token)
      people.set(`${role} ${sub}`, person)
      return person
    },
    async close({ replay: replays = true, audit: audits = true } = {}) {
      try {
        if (audits) await audit(parts, ledger)
        if (replays) await replay(parts, shared.bundlePath)
      } finally {
        for (const step of undo.toReversed()) await step()
      }
    },
  }
}

async function runWorker(
  config: Config,
  parts: Parts,
  activities: Activities,
  bundlePath: string,
): Promise<() => Promise<void>> {
  const connection = await NativeConnection.connect({ address: config.TEMPORAL_ADDRESS })
  const worker: Worker = await createWorker({
    config,
    connection,
    activities: { ...activities, ...reconcilingOf(parts) },
    // Only the tests of encryption need a bundle of their own.
    workflowBundle:
      config.PAYLOAD_KEYS === undefined ? { codePath: bundlePath } : await bundleWorkflows({ encrypted: true }),
  })
  const pollers = [startInboxPoller(parts, 200), startDisplacementPoller(parts, 200), startWaitlistPoller(parts)]
  const running = worker.run()
  return async () => {
    await Promise.all(pollers.map((poller) => poller.stop()))
    worker.shutdown()
    await running
    await connection.close()
  }
}

function listen(app: Pick<ReturnType<typeof createApp>, 'fetch'>, port: number): Promise<ServerType> {
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, () => resolve(server))
  })
}

function closeServer(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
}
