import {
  ResponderBuilder,
  ServerInterceptingCall,
  ServerListenerBuilder,
  status as Status,
  type ServerInterceptor,
} from '@grpc/grpc-js'
import type { Logger } from 'pino'
import { Counter, Histogram, type Registry } from 'prom-client'
import { Refused } from '../../domain/failures.ts'
import type { authenticator } from '../auth.ts'
import { refused, statusOf } from './status.ts'

/** What belongs to gRPC itself is for everybody, as /health and /openapi.json are. */
const OPEN = /^\/grpc\.(health|reflection)\./

/** Counts and times every call by service, method and code, and writes a line about it; neither names a person or a booking. */
export function observed(registry: Registry, log: Logger): ServerInterceptor {
  const labelNames = ['grpc_service', 'grpc_method', 'grpc_code'] as const
  const registers = [registry]
  const handled = new Counter({
    name: 'grpc_server_handled_total',
    help: 'Calls that have ended.',
    labelNames,
    registers,
  })
  const handling = new Histogram({
    name: 'grpc_server_handling_seconds',
    help: 'Time to answer, by service, method and code.',
    labelNames,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  })
  return ({ path }, call) => {
    const [, grpc_service = '', grpc_method = ''] = path.split('/')
    const began = performance.now()
    let isOver = false
    const over = (code: Status) => {
      if (isOver) return
      isOver = true
      const ms = performance.now() - began
      const labels = { grpc_service, grpc_method, grpc_code: Status[code] }
      handled.inc(labels)
      handling.observe(labels, ms / 1000)
      if (!OPEN.test(path)) log.debug({ method: path, code: Status[code], ms: Math.round(ms) }, 'a call has ended')
    }
    // The transport ends a call whose deadline is over without a word to us.
    const gone = () => over(Number(call.getDeadline()) <= Date.now() ? Status.DEADLINE_EXCEEDED : Status.CANCELLED)
    return new ServerInterceptingCall(
      call,
      new ResponderBuilder()
        .withStart((next) => next(new ServerListenerBuilder().withOnCancel(gone).build()))
        .withSendStatus((status, next) => {
          over(status.code ?? Status.UNKNOWN)
          next(status)
        })
        .build(),
    )
  }
}

/** Ends calls whose callers gave no deadline of their own; what they asked for may yet be done, and is found under its idempotency key. */
export function deadline(milliseconds: number): ServerInterceptor {
  return ({ path }, call) => {
    if (call.getDeadline() !== Infinity || OPEN.test(path)) return new ServerInterceptingCall(call)
    let timer: NodeJS.Timeout | undefined
    const intercepted = new ServerInterceptingCall(
      call,
      new ResponderBuilder()
        .withStart((next) => {
          timer = setTimeout(() => {
            call.sendStatus({ code: Status.DEADLINE_EXCEEDED, details: `No answer within ${milliseconds} ms.` })
          }, milliseconds)
          next(new ServerListenerBuilder().withOnCancel(() => clearTimeout(timer)).build())
        })
        .withSendStatus((status, next) => {
          clearTimeout(timer)
          next(status)
        })
        .build(),
    )
    return intercepted
  }
}

/** Lets no message of a caller without a good token through; what a caller may do is asked by the API itself. */
export function authenticated(authenticate: ReturnType<typeof authenticator>): ServerInterceptor {
  return ({ path }, call) => {
    if (OPEN.test(path)) return new ServerInterceptingCall(call)
    return new ServerInterceptingCall(
      call,
      new ResponderBuilder()
        .withStart((next) => {
          next(
            new ServerListenerBuilder()
              .withOnReceiveMetadata((metadata, proceed) => {
                authenticate(String(metadata.get('authorization')[0] ?? '')).then(
                  () => proceed(metadata),
                  (error: unknown) => call.sendStatus(statusOf(refused(refusalBehind(error)))),
                )
              })
              .build(),
          )
        })
        .build(),
    )
  }
}

function refusalBehind(error: unknown): Refused {
  return error instanceof Refused
    ? error
    : new Refused({ code: 'unavailable', message: 'The token cannot be checked.' })
}
