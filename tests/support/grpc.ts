import {
  type Client,
  credentials,
  Metadata,
  status as Status,
  type CallOptions,
  type ClientUnaryCall,
  type ServiceError,
} from '@grpc/grpc-js'
import { expect } from 'vitest'
import { BadRequest, ErrorInfo, RetryInfo } from '../../api/grpc/generated/google/rpc/error_details.ts'
import { Status as RpcStatus } from '../../api/grpc/generated/google/rpc/status.ts'
import { AvailabilityServiceClient } from '../../api/grpc/generated/holdfast/v1/availability.ts'
import { BookingServiceClient } from '../../api/grpc/generated/holdfast/v1/booking.ts'
import { OrderServiceClient } from '../../api/grpc/generated/holdfast/v1/order.ts'
import { ReservationServiceClient } from '../../api/grpc/generated/holdfast/v1/reservation.ts'
import { SessionServiceClient } from '../../api/grpc/generated/holdfast/v1/session.ts'
import { SlotServiceClient } from '../../api/grpc/generated/holdfast/v1/slot.ts'
import type { World } from './world.ts'

/** What goes along with a call: more metadata, and how long its caller waits. */
type Along = { readonly metadata?: Readonly<Record<string, string>>; readonly deadlineMs?: number }

export type Generated<Service> = {
  readonly [Name in Exclude<keyof Service, keyof Client>]: Service[Name] extends (
    request: infer Request,
    metadata: Metadata,
    options: Partial<CallOptions>,
    callback: (error: ServiceError | null, response: infer Response) => void,
  ) => ClientUnaryCall
    ? (request: Partial<Request>, along?: Along) => Promise<Response>
    : never
}

/** The generated clients of one caller, over a socket, with promises. */
export type GrpcCaller = {
  readonly bookings: Generated<BookingServiceClient>
  readonly reservations: Generated<ReservationServiceClient>
  readonly availability: Generated<AvailabilityServiceClient>
  readonly slots: Generated<SlotServiceClient>
  readonly orders: Generated<OrderServiceClient>
  readonly sessions: Generated<SessionServiceClient>
}

type Role = Parameters<World['as']>[0]

/** A caller of a role over gRPC; the same name is the same person as over HTTP. */
export async function grpcAs(world: World, role: Role, sub: string): Promise<GrpcCaller> {
  const { body } = await world.service.post<{ access_token: string }>('/oauth/token', { sub, role })
  return grpcWith(world, `Bearer ${body.access_token}`)
}

/** A caller with an authorization of one's own making, or without one. */
export async function grpcWith(world: World, authorization: string | null): Promise<GrpcCaller> {
  const address = await world.grpc()
  const plain = credentials.createInsecure()
  return {
    bookings: promised(new BookingServiceClient(address, plain), authorization),
    reservations: promised(new ReservationServiceClient(address, plain), authorization),
    availability: promised(new AvailabilityServiceClient(address, plain), authorization),
    slots: promised(new SlotServiceClient(address, plain), authorization),
    orders: promised(new OrderServiceClient(address, plain), authorization),
    sessions: promised(new SessionServiceClient(address, plain), authorization),
  }
}

/** Lists and maps that a request leaves out are empty. */
const EMPTY = { items: [], statuses: [], item_ids: [], metadata: new Map() }

/** A generated client with promises, and with an authorization on every call. */
export function promised<Service extends Client>(client: Service, authorization: string | null): Generated<Service> {
  return new Proxy(client, {
    get:
      (_, name: string) =>
      (request: object, { metadata = {}, deadlineMs }: Along = {}) =>
        new Promise((resolve, reject) => {
          const headers = new Metadata()
          if (authorization !== null) headers.set('authorization', authorization)
          for (const [key, value] of Object.entries(metadata)) headers.set(key, value)
          const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs }
          const call = Reflect.get(client, name) as (...args: unknown[]) => ClientUnaryCall
          call.call(
            client,
            { ...EMPTY, ...request },
            headers,
            options,
            (error: ServiceError | null, response: unknown) => (error === null ? resolve(response) : reject(error)),
          )
        }),
  }) as unknown as Generated<Service>
}

/** A refusal as a gRPC caller can read it. */
export type GrpcRefusal = {
  readonly status: string
  readonly message: string
  readonly code: string | null
  readonly pointers: readonly string[]
  readonly members: Readonly<Record<string, string>>
  readonly retryAfter: number | null
}

/** Expects a call to be refused, and reads the details. */
export async function refusalOf(call: Promise<unknown>): Promise<GrpcRefusal> {
  const error = await call.then(
    (response) => expect.fail(`was not refused: ${JSON.stringify(response)}`),
    (reason: unknown) => reason as ServiceError,
  )
  const [packed] = error.metadata?.get('grpc-status-details-bin') ?? []
  const details = packed === undefined ? [] : RpcStatus.decode(Buffer.from(packed)).details
  const detail = (name: string) =>
    details.find(({ type_url }) => type_url === `type.googleapis.com/google.rpc.${name}`)?.value
  const [info, faults, retry] = [detail('ErrorInfo'), detail('BadRequest'), detail('RetryInfo')]
  const read = info === undefined ? null : ErrorInfo.decode(info)
  return {
    status: Status[error.code] ?? String(error.code),
    message: error.details,
    code: read?.reason ?? null,
    pointers: faults === undefined ? [] : BadRequest.decode(faults).field_violations.map(({ field }) => field),
    members: Object.fromEntries(read?.metadata ?? []),
    retryAfter: retry === undefined ? null : (RetryInfo.decode(retry).retry_delay?.seconds ?? null),
  }
}
