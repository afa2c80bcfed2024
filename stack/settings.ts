import { join, resolve } from 'node:path'
import { checkout } from './launcher/cache.mjs'
import { Failure } from './launcher/tool.mjs'

type PortName =
  | 'api'
  | 'sandbox'
  | 'sandboxGrpc'
  | 'grpc'
  | 'metrics'
  | 'postgres'
  | 'temporal'
  | 'temporalUi'
  | 'kafka'
  | 'relayMetrics'
  | 'redis'
  | 'prometheus'
  | 'grafana'
  | 'jaeger'
  | 'otlp'

export type Settings = {
  /** The data folder. */
  home: string
  ports: Record<PortName, number>
  databaseUrl: string | undefined
  temporalAddress: string | undefined
  kafkaBrokers: string | undefined
  redisUrl: string | undefined
  sandboxNeeded: boolean
  /** True when facts go out to Kafka, and come in from it. */
  relayNeeded: boolean
  /** True when replicas share their limits and their cache. */
  redisNeeded: boolean
  /** True when metrics and traces are to be collected and shown. */
  observed: boolean
}

/** Where to find what is up, for people and for the commands that talk to it. */
export type StackUrls = {
  api: string
  docs: string
  /** Undefined when every service it plays is somebody else's. */
  sandbox: string | undefined
  /** Undefined when Temporal is somebody else's and TEMPORAL_UI_URL does not say. */
  temporalUi: string | undefined
  temporalAddress: string
  databaseUrl: string
  /** Undefined when nobody asked for Kafka. */
  kafkaBrokers?: string | undefined
  relayMetrics?: string | undefined
  /** Undefined when nobody asked for Redis. */
  redisUrl?: string | undefined
  grpc?: string | undefined
  /** Undefined when nobody asked to observe, or this machine has no such program. */
  prometheus?: string | undefined
  grafana?: string | undefined
  traces?: string | undefined
  /** Where the processes send their spans. */
  otlp?: string | undefined
}

/** The variables that point at the sandbox unless they are set. */
export const sandboxVariables = [
  'PAYMENT_SERVICE_URL',
  'PRICING_SERVICE_URL',
  'CATALOG_SERVICE_URL',
  'DIRECTORY_SERVICE_URL',
  'MEETING_SERVICE_URL',
  'AUTH_ISSUER',
  'AUTH_JWKS_URL',
] as const

/** The variables that point at the sandbox over gRPC unless they are set, while there is a sandbox. */
export const sandboxGrpcVariables = ['USER_SERVICE_URL', 'COURSE_SERVICE_URL'] as const

/**
 * Reads the stack's own variables; an empty one counts as not set. Fails with the name of a bad one. With `kafka` a broker is
 * started unless KAFKA_BROKERS names one, with `redis` a Redis unless REDIS_URL does.
 */
export function readSettings(env: NodeJS.ProcessEnv, { kafka = false, redis = false, observe = false } = {}): Settings {
  const port = (variable: string, usual: number): number => {
    const given = env[variable]
    if (!given) return usual
    const value = Number(given)
    if (Number.isInteger(value) && value > 0 && value < 65_536) return value
    throw new Failure(`${variable} must be a port number, from 1 to 65535; it is "${given}".`)
  }
  return {
    home: env['HOLDFAST_HOME'] ? resolve(env['HOLDFAST_HOME']) : join(checkout, '.holdfast'),
    ports: {
      api: port('PORT', 3000),
      sandbox: port('SANDBOX_PORT', 3001),
      sandboxGrpc: port('SANDBOX_GRPC_PORT', 3003),
      grpc: port('GRPC_PORT', 3002),
      metrics: port('METRICS_PORT', 9464),
      postgres: port('POSTGRES_PORT', 5439),
      temporal: port('TEMPORAL_PORT', 7233),
      temporalUi: port('TEMPORAL_UI_PORT', 8233),
      kafka: port('KAFKA_PORT', 9092),
      relayMetrics: port('RELAY_METRICS_PORT', 9465),
      redis: port('REDIS_PORT', 6379),
      prometheus: port('PROMETHEUS_PORT', 9090),
      grafana: port('GRAFANA_PORT', 3030),
      jaeger: port('JAEGER_PORT', 16_686),
      otlp: port('OTLP_PORT', 4318),
    },
    databaseUrl: env['DATABASE_URL'] || undefined,
    temporalAddress: env['TEMPORAL_ADDRESS'] || undefined,
    kafkaBrokers: env['KAFKA_BROKERS'] || undefined,
    sandboxNeeded: sandboxVariables.some((variable) => !env[variable]),
    relayNeeded: kafka || Boolean(env['KAFKA_BROKERS']),
    redisUrl: env['REDIS_URL'] || undefined,
    redisNeeded: redis || Boolean(env['REDIS_URL']),
    observed: observe,
  }
}
