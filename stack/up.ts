import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { migrate } from '../prisma/migrate.ts'
import { startChild } from './children.ts'
import { loadDemoData } from './demo-data.ts'
import { environments, type Environments } from './environment.ts'
import { startKafka, findKafka } from './kafka.ts'
import { step } from './launcher/progress.mjs'
import { Failure } from './launcher/tool.mjs'
import { observe } from './observe/observe.ts'
import { logFile, prefixed } from './output.ts'
import { checkPort, freeDoors } from './ports.ts'
import { startPostgres } from './postgres.ts'
import { findRedis, startRedis } from './redis.ts'
import { announce, retract } from './running.ts'
import type { Secrets } from './secrets.ts'
import type { Service } from './service.ts'
import { PORTS, type PortName, type Settings, type StackUrls } from './settings.ts'
import type { Supervisor } from './supervisor.ts'
import { findTemporal } from './temporal-find.ts'
import { startTemporal } from './temporal.ts'
import { workflowBundle } from './workflow-bundle.ts'

const database = 'holdfast'
const always = { always: true }

/** Brings everything up, each thing as soon as what it needs is there, and gives the URLs. Fails with a Failure. */
export async function bringUp(
  env: NodeJS.ProcessEnv,
  settings: Settings,
  secrets: Secrets,
  supervisor: Supervisor,
): Promise<StackUrls> {
  await checkPorts(settings)
  retract(settings.home)
  const { ports } = settings
  const api = `http://localhost:${ports.api}`
  const sandbox = settings.sandboxNeeded ? `http://localhost:${ports.sandbox}` : undefined
  const relayMetrics = settings.relayNeeded ? `http://localhost:${ports.relayMetrics}/metrics` : undefined
  const doors = settings.doorsOpen ? await freeDoors(env, ports) : undefined
  const known = { doors, api, sandbox, docs: `${api}/docs`, relayMetrics, grpc: `localhost:${ports.grpc}` }

  // The sandbox needs nobody; its environment does not name the others.
  const early = environments(env, settings, secrets, {
    ...known,
    databaseUrl: '',
    temporalAddress: '',
    temporalUi: undefined,
  })
  const bundling = workflowBundle(settings.home, env)
  // The worker, which waits for it, tells of a failure; something else may have failed before.
  bundling.catch(() => undefined)
  const [databaseUrl, temporal, kafkaBrokers, redisUrl, observed] = await Promise.all([
    step('PostgreSQL and migrations', () => databaseUp(settings, supervisor), always),
    temporalUp(settings, env, supervisor),
    settings.relayNeeded ? kafkaUp(settings, env, supervisor) : undefined,
    settings.redisNeeded ? redisUp(settings, env, supervisor) : undefined,
    settings.observed ? observe(settings, env, supervisor) : {},
    sandbox && step('Sandbox', () => processUp('sandbox', settings, early, supervisor), always),
  ])
  const servers = { databaseUrl, temporalAddress: temporal.address, temporalUi: temporal.uiUrl, kafkaBrokers, redisUrl }
  const urls = { ...known, ...servers, ...observed }
  const ready = environments(env, settings, secrets, urls)
  await Promise.all([
    step(
      'Worker',
      async () => {
        const worker = { ...ready.worker, WORKFLOW_BUNDLE: await bundling }
        await processUp('worker', settings, { ...ready, worker }, supervisor)
      },
      always,
    ),
    step('API', () => processUp('api', settings, ready, supervisor), always),
    settings.relayNeeded && step('Relay', () => processUp('relay', settings, ready, supervisor), always),
  ])
  await step('Demo data', () => loadDemoData(urls), always)
  // Only now is everything of use to everybody; the API waits for this before it says that it is ready.
  announce(settings.home, urls)
  await untilReady(`http://127.0.0.1:${ports.api}/ready`)
  return urls
}

/** Those of the others are checked when they are started. */
async function checkPorts({ ports, temporalAddress, sandboxNeeded, relayNeeded }: Settings): Promise<void> {
  const names: PortName[] = [
    'api',
    'grpc',
    'metrics',
    ...(sandboxNeeded ? (['sandbox', 'sandboxGrpc'] as const) : []),
    ...(relayNeeded ? (['relayMetrics'] as const) : []),
    ...(temporalAddress === undefined ? (['temporal', 'temporalUi'] as const) : []),
  ]
  for (const name of names) await checkPort({ ...PORTS[name], port: ports[name] })
}

async function untilReady(url: string): Promise<void> {
  while (!(await fetch(url)).ok) await setTimeout(50)
}

async function databaseUp({ home, ports, databaseUrl }: Settings, supervisor: Supervisor): Promise<string> {
  const log = logFile(home, 'postgres')
  const onSpawn = (service: Service): void => supervisor.adopt(service, 'service')
  const options = { dataDir: join(home, 'postgres'), port: ports.postgres, log, onSpawn }
  const postgres = databaseUrl === undefined ? await startPostgres(options) : undefined
  if (postgres?.service) supervisor.guard(postgres.service)
  const url = databaseUrl ?? (await postgres?.ensure(database))
  if (url === undefined) throw new Failure('There is no database.')
  await migrate(url)
  return url
}

async function temporalUp(
  { home, ports }: Settings,
  env: NodeJS.ProcessEnv,
  supervisor: Supervisor,
): Promise<{ address: string; uiUrl: string | undefined }> {
  const found = await findTemporal(env)
  const options = {
    found,
    dataFile: join(home, 'temporal.sqlite'),
    port: ports.temporal,
    uiPort: ports.temporalUi,
    namespace: 'default',
    log: logFile(home, 'temporal'),
    onSpawn: (service: Service) => supervisor.adopt(service, 'service'),
  }
  // Loaded while servers start: it takes as long as they do.
  const loading = Promise.all([import('../config.ts'), import('../temporal/search-attributes.ts')])
  const temporal = await step('Temporal', () => startTemporal(options), always)
  if (temporal.service) supervisor.guard(temporal.service)
  const [{ readTemporalConfig }, { registerSearchAttributes }] = await loading
  await registerSearchAttributes({ ...readTemporalConfig({ ...env, TEMPORAL_ADDRESS: temporal.address }) })
  return { address: temporal.address, uiUrl: env['TEMPORAL_UI_URL'] || temporal.uiUrl }
}

async function kafkaUp({ home, ports }: Settings, env: NodeJS.ProcessEnv, supervisor: Supervisor): Promise<string> {
  const found = await findKafka(env)
  const options = {
    found,
    dataDir: join(home, 'kafka'),
    port: ports.kafka,
    log: logFile(home, 'kafka'),
    onSpawn: (service: Service) => supervisor.adopt(service, 'service'),
  }
  const kafka = await step('Kafka', () => startKafka(options), always)
  if (kafka.service) supervisor.guard(kafka.service)
  return kafka.brokers
}

async function redisUp({ home, ports }: Settings, env: NodeJS.ProcessEnv, supervisor: Supervisor): Promise<string> {
  const found = await findRedis(env)
  const options = {
    found,
    dataDir: join(home, 'redis'),
    port: ports.redis,
    log: logFile(home, 'redis'),
    onSpawn: (service: Service) => supervisor.adopt(service, 'service'),
  }
  const redis = await step('Redis', () => startRedis(options), always)
  if (redis.service) supervisor.guard(redis.service)
  return redis.url
}

async function processUp(
  name: keyof Environments,
  { ports, home }: Settings,
  envs: Environments,
  supervisor: Supervisor,
): Promise<void> {
  const processes = {
    sandbox: { file: 'services/sandbox/main.ts', ready: `${ports.sandbox}/.well-known/jwks.json`, kind: 'service' },
    worker: { file: 'worker.ts', ready: `${ports.metrics}/ready`, kind: 'product' },
    api: { file: 'server.ts', ready: `${ports.api}/health`, kind: 'product' },
    relay: { file: 'relay.ts', ready: `${ports.relayMetrics}/ready`, kind: 'product' },
  } as const
  const { file, ready, kind } = processes[name]
  const print = prefixed(name)
  const keep = logFile(home, name)
  const child = await startChild({
    name,
    file,
    env: envs[name],
    readyUrl: `http://127.0.0.1:${ready}`,
    onLine: (line) => {
      keep(line)
      print(line)
    },
  })
  supervisor.adopt(child.service, kind)
  await child.ready
  supervisor.guard(child.service)
}
