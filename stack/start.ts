// `npm start`: everything on this machine, with data in .holdfast/.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { banner } from './banner.ts'
import { say } from './launcher/progress.mjs'
import { Failure, stopTools } from './launcher/tool.mjs'
import { takeDataFolder } from './lock.ts'
import { developmentSecrets } from './secrets.ts'
import { readSettings } from './settings.ts'
import { supervise } from './supervisor.ts'
import { bringUp } from './up.ts'

const help = `npm start                   bring everything up; Ctrl-C stops it, data stays
npm start -- --kafka        with a Kafka broker, and the relay between it and the database
npm start -- --redis        with a Redis, in which replicas share their limits and their cache
npm start -- --observe      with what this machine has of Prometheus (metrics, alerts), Grafana and Jaeger (traces)
npm start -- --help         this text

What is set in the environment is used instead of being started: DATABASE_URL, TEMPORAL_ADDRESS, KAFKA_BROKERS
(which asks for the relay as --kafka does), REDIS_URL, and, all of them set,
PAYMENT_SERVICE_URL, PRICING_SERVICE_URL, CATALOG_SERVICE_URL, DIRECTORY_SERVICE_URL, MEETING_SERVICE_URL, AUTH_ISSUER, AUTH_JWKS_URL.
Ports: PORT (3000), SANDBOX_PORT (3001), SANDBOX_GRPC_PORT (3003), GRPC_PORT (3002), POSTGRES_PORT (5439), TEMPORAL_PORT (7233),
TEMPORAL_UI_PORT (8233), METRICS_PORT (9464), KAFKA_PORT (9092), RELAY_METRICS_PORT (9465), REDIS_PORT (6379),
PROMETHEUS_PORT (9090), GRAFANA_PORT (3030), JAEGER_PORT (16686), OTLP_PORT (4318).
Data: HOLDFAST_HOME (.holdfast); its logs/ has what each process printed.`

// The terminal, npm and the launcher may each deliver the same Ctrl-C.
const sameSignalMs = 1000

async function start(): Promise<number> {
  const settings = readSettings(process.env, {
    kafka: process.argv.includes('--kafka'),
    redis: process.argv.includes('--redis'),
    observe: process.argv.includes('--observe'),
  })
  const folder = takeDataFolder(settings.home)
  const runningFile = join(settings.home, 'running.json')
  const supervisor = supervise()
  const asked = Promise.withResolvers<'asked'>()
  let askedAt: number | undefined
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      askedAt ??= Date.now()
      asked.resolve('asked')
      if (Date.now() - askedAt < sameSignalMs) return
      supervisor.forceAll()
      process.exit(1)
    })
  }

  const ended = async (): Promise<never> => {
    throw await supervisor.failed
  }
  const run = async (): Promise<'asked'> => {
    const secrets = developmentSecrets(settings.home)
    const urls = await bringUp(process.env, settings, secrets, supervisor)
    writeFileSync(runningFile, `${JSON.stringify(urls, null, 2)}\n`, { mode: 0o600 })
    say(banner(urls))
    return asked.promise
  }
  try {
    await Promise.race([run(), ended(), asked.promise])
    say('Stopping …')
    return 0
  } finally {
    stopTools()
    await supervisor.stopAll()
    rmSync(runningFile, { force: true })
    folder.release()
  }
}

// A closed terminal must not keep us from stopping in order.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  say(help)
} else {
  const code = await start().catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error)
    const plain = error instanceof Failure || !process.env['HOLDFAST_DEBUG']
    console.error(plain ? message : error)
    return 1
  })
  process.exit(code)
}
