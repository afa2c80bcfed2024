import { join } from 'node:path'
import { ADVISORS, type Advisor } from '../services/ports.ts'
import { namesProfile } from '../temporal/settings.ts'
import type { Secrets } from './secrets.ts'
import { runningFile } from './running.ts'
import { DOORS, PORTS, sandboxGrpcVariables, sandboxVariables, type Settings, type StackUrls } from './settings.ts'

export type Environments = Record<'sandbox' | 'worker' | 'api' | 'relay', NodeJS.ProcessEnv>

/** What each process finds in its environment. A variable that is already set there wins. */
export function environments(
  env: NodeJS.ProcessEnv,
  { home, ports, sandboxNeeded }: Settings,
  secrets: Secrets,
  urls: Omit<StackUrls, 'docs'>,
): Environments {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const sandbox = `http://127.0.0.1:${ports.sandbox}`
  const shared = {
    AUTH_AUDIENCE: 'holdfast',
    PAYMENT_WEBHOOK_SECRET: secrets.paymentWebhookSecret,
    SANDBOX_PORT: String(ports.sandbox),
    SANDBOX_GRPC_PORT: String(ports.sandboxGrpc),
  }
  const product = {
    ...shared,
    ...Object.fromEntries(sandboxVariables.map((variable) => [variable, sandbox])),
    ...(sandboxNeeded &&
      Object.fromEntries(sandboxGrpcVariables.map((name) => [name, `grpc://127.0.0.1:${ports.sandboxGrpc}`]))),
    // The sandbox knows what the demo tells it: what operators load themselves can be sold without telling it, too (N-05).
    ADVISORY_SERVICES: playedBySandbox(given, sandboxNeeded).join(','),
    AUTH_JWKS_URL: `${sandbox}/.well-known/jwks.json`,
    // Its people and cards are the sandbox's: where either is somebody else's, the console offers none.
    ...(given['AUTH_ISSUER'] === undefined &&
      given['PAYMENT_SERVICE_URL'] === undefined && { CONSOLE_SANDBOX_URL: sandbox }),
    DATABASE_URL: urls.databaseUrl,
    TEMPORAL_ADDRESS: urls.temporalAddress,
    ...(!namesProfile(given) && { TEMPORAL_NAMESPACE: 'default' }),
    TASK_QUEUE: 'holdfast',
    PORT: String(ports.api),
    PUBLIC_URL: urls.api,
    GRPC_PORT: String(ports.grpc),
    ...(urls.temporalUi !== undefined && { TEMPORAL_UI_URL: urls.temporalUi }),
    ATTACHMENTS_DIR: join(home, 'attachments'),
    ...(urls.kafkaBrokers !== undefined && { KAFKA_BROKERS: urls.kafkaBrokers }),
    ...(urls.redisUrl !== undefined && { REDIS_URL: urls.redisUrl }),
    ...(urls.otlp !== undefined && { OTEL_EXPORTER_OTLP_ENDPOINT: urls.otlp }),
  }
  return {
    api: { ...product, ...doorVariables(urls), READY_FILE: runningFile(home), ...given },
    worker: { ...product, METRICS_PORT: String(ports.metrics), ...given },
    relay: { ...product, RELAY_METRICS_PORT: String(ports.relayMetrics), ...given },
    sandbox: {
      ...shared,
      SANDBOX_DATABASE: join(home, 'sandbox.sqlite'),
      SANDBOX_ISSUER: sandbox,
      SANDBOX_WEBHOOK_URL: `http://127.0.0.1:${ports.api}/api/v1/webhooks/payments`,
      ...given,
    },
  }
}

/** The services that say what exists, where the sandbox plays them. */
function playedBySandbox(given: NodeJS.ProcessEnv, sandboxNeeded: boolean): Advisor[] {
  const urls = {
    catalogue: 'CATALOG_SERVICE_URL',
    course: 'COURSE_SERVICE_URL',
    directory: 'DIRECTORY_SERVICE_URL',
    user: 'USER_SERVICE_URL',
  } as const
  return sandboxNeeded ? ADVISORS.filter((name) => given[urls[name]] === undefined) : []
}

function doorVariables({ doors = {} }: Pick<StackUrls, 'doors'>): NodeJS.ProcessEnv {
  return Object.fromEntries(
    DOORS.flatMap((name) => {
      const url = doors[name]
      return url === undefined ? [] : [[PORTS[name].variable, new URL(url).port]]
    }),
  )
}
