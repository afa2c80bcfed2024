import { readFileSync } from 'node:fs'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { HealthImplementation } from 'grpc-health-check'
import type { Hono } from 'hono'
import type { Registry } from 'prom-client'
import type { Config } from '../../config.ts'
import type { Parts } from '../../runtime/wire.ts'
import { authenticator } from '../auth.ts'
import { readinessOf } from '../routes/health.ts'
import { addCalls } from './calls.ts'
import { AvailabilityServiceService } from './generated/holdfast/v1/availability.ts'
import { BookingServiceService } from './generated/holdfast/v1/booking.ts'
import { OrderServiceService } from './generated/holdfast/v1/order.ts'
import { ReservationServiceService } from './generated/holdfast/v1/reservation.ts'
import { SessionServiceService } from './generated/holdfast/v1/session.ts'
import { SlotServiceService } from './generated/holdfast/v1/slot.ts'
import { OrderServiceService as CourseOrders } from './generated/order_service.ts'
import { SessionServiceService as CourseSessions } from './generated/session_service.ts'
import { authenticated, deadline, observed } from './interceptors.ts'
import { reflection } from './reflection.ts'
import { bookings } from './services/bookings.ts'
import { availability, slots } from './services/on-sale.ts'
import { orders } from './services/orders.ts'
import { reservations } from './services/reservations.ts'
import { sessions } from './services/sessions.ts'

/** Larger messages are refused unread; the API itself refuses bodies of more than 64 KB. */
const MAX_MESSAGE_BYTES = 256 * 1024

/**
 * Connections end that nobody uses, and all of them now and then (N-75): probes that hang up without a word leave theirs behind, and clients find new
 * replicas. What is under way when a connection gets old may end first. Milliseconds.
 */
const CONNECTIONS = {
  'grpc.max_connection_idle_ms': 5 * 60_000,
  'grpc.max_connection_age_ms': 30 * 60_000,
  'grpc.max_connection_age_grace_ms': 60_000,
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
} as const

/** How often the health service asks whether database and Temporal are there, and how long a stop waits for what is under way. */
const HEALTH_INTERVAL_MS = 2000
const STOP_MS = 10_000

/** The gRPC server: where it listens, and how it stops. `stop` answers what is under way, for ten seconds at the most. */
export type GrpcServer = { readonly port: number; stop(): Promise<void> }

/** Starts the gRPC services over the HTTP API `app` (G-01 to G-04, O-05). Rejects when the port cannot be had. */
export async function startGrpc(
  parts: Parts,
  {
    app,
    registry,
    connections = CONNECTIONS,
  }: {
    readonly app: Pick<Hono, 'fetch'>
    readonly registry: Registry
    readonly connections?: Readonly<Record<keyof typeof CONNECTIONS, number>>
  },
): Promise<GrpcServer> {
  const { config, log } = parts
  const server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    ...connections,
    // The first is asked first, and told last.
    interceptors: [
      observed(registry, log),
      deadline(config.GRPC_DEADLINE_MS),
      authenticated(authenticator(config, log)),
    ],
  })
  const edge = { app, log }
  addCalls(server, edge, BookingServiceService, bookings)
  addCalls(server, edge, ReservationServiceService, reservations)
  addCalls(server, edge, AvailabilityServiceService, availability)
  addCalls(server, edge, SlotServiceService, slots)
  addCalls(server, edge, OrderServiceService, orders)
  addCalls(server, edge, SessionServiceService, sessions)
  // F-05: the same two by the names that another system's document gives them.
  addCalls(server, edge, CourseOrders, orders)
  addCalls(server, edge, CourseSessions, sessions)
  reflection().addToServer(server)
  const health = await watchHealth(parts)
  health.implementation.addToServer(server)

  const listen = (at: number) =>
    new Promise<number>((resolve, reject) => {
      server.bindAsync(`${config.HOST}:${at}`, credentialsOf(config), (error, bound) => {
        if (error === null) resolve(bound)
        else reject(error)
      })
    })
  let port: number
  try {
    port = await listen(config.GRPC_PORT)
    if (config.COURSE_PORT !== undefined) await listen(config.COURSE_PORT)
  } catch (error) {
    health.stop()
    server.forceShutdown()
    throw error
  }
  return {
    port,
    async stop() {
      health.stop()
      await new Promise<void>((resolve) => {
        const force = setTimeout(() => server.forceShutdown(), STOP_MS)
        server.tryShutdown(() => {
          clearTimeout(force)
          resolve()
        })
      })
    },
  }
}

/** A health service that says SERVING as long as /ready would. */
async function watchHealth(parts: Parts): Promise<{ implementation: HealthImplementation; stop(): void }> {
  const implementation = new HealthImplementation({ '': 'NOT_SERVING' })
  const look = async () => {
    const { isReady } = await readinessOf(parts)
    implementation.setStatus('', isReady ? 'SERVING' : 'NOT_SERVING')
  }
  await look()
  let looking = Promise.resolve()
  const timer = setInterval(() => {
    looking = looking.then(look)
  }, HEALTH_INTERVAL_MS).unref()
  return {
    implementation,
    stop() {
      clearInterval(timer)
      implementation.setStatus('', 'NOT_SERVING')
    },
  }
}

function credentialsOf({ GRPC_TLS_CERT, GRPC_TLS_KEY }: Config): ServerCredentials {
  if (GRPC_TLS_CERT === undefined || GRPC_TLS_KEY === undefined) return ServerCredentials.createInsecure()
  return ServerCredentials.createSsl(null, [
    { cert_chain: readFileSync(GRPC_TLS_CERT), private_key: readFileSync(GRPC_TLS_KEY) },
  ])
}
