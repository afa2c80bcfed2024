import { join, resolve } from 'node:path'
import { checkout } from './launcher/cache.mjs'
import { Failure } from './launcher/tool.mjs'
import { givenTemporal } from './temporal-find.ts'

/** Every port a stack listens on: the variable that changes it, where it is otherwise, and what listens there, for people. */
export const PORTS = {
  api: { variable: 'PORT', usual: 3000, what: 'API' },
  sandbox: { variable: 'SANDBOX_PORT', usual: 3001, what: 'sandbox' },
  sandboxGrpc: { variable: 'SANDBOX_GRPC_PORT', usual: 3003, what: 'sandbox over gRPC' },
  grpc: { variable: 'GRPC_PORT', usual: 3002, what: 'gRPC' },
  metrics: { variable: 'METRICS_PORT', usual: 9464, what: "the worker's metrics" },
  postgres: { variable: 'POSTGRES_PORT', usual: 5439, what: 'PostgreSQL' },
  temporal: { variable: 'TEMPORAL_PORT', usual: 7233, what: 'Temporal' },
  temporalUi: { variable: 'TEMPORAL_UI_PORT', usual: 8233, what: 'Temporal UI' },
  kafka: { variable: 'KAFKA_PORT', usual: 9092, what: 'Kafka' },
  relayMetrics: { variable: 'RELAY_METRICS_PORT', usual: 9465, what: "the relay's metrics" },
  redis: { variable: 'REDIS_PORT', usual: 6379, what: 'Redis' },
  prometheus: { variable: 'PROMETHEUS_PORT', usual: 9090, what: 'Prometheus' },
  grafana: { variable: 'GRAFANA_PORT', usual: 3030, what: 'Grafana' },
  jaeger: { variable: 'JAEGER_PORT', usual: 16_686, what: 'Jaeger' },
  otlp: { variable: 'OTLP_PORT', usual: 4318, what: 'traces for Jaeger' },
  // Those of tutoring and venue are their documents' own; the others name none.
  tutoring: { variable: 'TUTORING_PORT', usual: 8003, what: 'door for tutoring clients' },
  clinic: { variable: 'CLINIC_PORT', usual: 8001, what: 'door for clinic clients' },
  ticketing: { variable: 'TICKETING_PORT', usual: 8004, what: 'door for ticketing clients' },
  venue: { variable: 'VENUE_PORT', usual: 8002, what: 'door for venue clients' },
  // gRPC's usual one: the document has services over gRPC and no port.
  course: { variable: 'COURSE_PORT', usual: 50_051, what: 'door for course clients' },
} as const

export type PortName = keyof typeof PORTS

/** The doors for clients of other systems' documents (docs/doors.md). */
export const DOORS = ['tutoring', 'clinic', 'ticketing', 'venue', 'course'] as const satisfies readonly PortName[]

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
  /** True when each door has a port of its own. */
  doorsOpen: boolean
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
  /** Where clients of other systems' documents find their routes at the root; undefined when no door has a port of its own. */
  doors?: Readonly<Record<string, string>> | undefined
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
export function readSettings(
  env: NodeJS.ProcessEnv,
  { kafka = false, redis = false, observe = false, doors = false } = {},
): Settings {
  const portOf = ({ variable, usual }: (typeof PORTS)[PortName]): number => {
    const given = env[variable]
    if (!given) return usual
    const value = Number(given)
    if (Number.isInteger(value) && value > 0 && value < 65_536) return value
    throw new Failure(`${variable} must be a port number, from 1 to 65535; it is "${given}".`)
  }
  const ports = Object.fromEntries(
    Object.entries(PORTS).map(([name, port]) => [name, portOf(port)]),
  ) as Settings['ports']
  return {
    home: env['HOLDFAST_HOME'] ? resolve(env['HOLDFAST_HOME']) : join(checkout, '.holdfast'),
    ports,
    databaseUrl: env['DATABASE_URL'] || undefined,
    temporalAddress: givenTemporal(env),
    kafkaBrokers: env['KAFKA_BROKERS'] || undefined,
    sandboxNeeded: sandboxVariables.some((variable) => !env[variable]),
    relayNeeded: kafka || Boolean(env['KAFKA_BROKERS']),
    redisUrl: env['REDIS_URL'] || undefined,
    redisNeeded: redis || Boolean(env['REDIS_URL']),
    observed: observe,
    doorsOpen: doors,
  }
}
