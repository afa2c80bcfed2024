import { Client, credentials, Metadata, status, type MethodDefinition, type ServiceError } from '@grpc/grpc-js'
import { Refused } from '../../domain/failures.ts'
import { Faulty, openCircuit, Unreachable } from '../circuit.ts'
import { tracedCall } from '../tracing.ts'

/** A method of a generated service definition. */
type Method<Request, Answer> = Pick<
  MethodDefinition<Request, Answer>,
  'path' | 'requestSerialize' | 'responseDeserialize'
>

export type GrpcClient = {
  /**
   * Makes a call within the client's deadline; `key` makes one that changes something safe to repeat, and goes along as `idempotency-key`. `read` turns
   * the message into an answer; what it throws means that something else was answered than agreed. Throws Refused: `not_found` and `policy_forbids` when
   * the service says no for good, `unavailable` when the outcome is unknown.
   */
  call<Request, Message, Answer>(
    method: Method<Request, Message>,
    request: Request,
    read: (message: Message) => Answer,
    key?: string,
  ): Promise<Answer>
  close(): void
}

type Code = Exclude<keyof typeof status, 'OK'>

/** What each status of gRPC says about the operation; as over HTTP, only what names the request as the cause is a refusal. */
const MEANING: Readonly<Record<Code, 'absent' | 'refused' | 'again' | 'failing' | 'unreachable'>> = {
  NOT_FOUND: 'absent',
  INVALID_ARGUMENT: 'refused',
  ALREADY_EXISTS: 'refused',
  FAILED_PRECONDITION: 'refused',
  OUT_OF_RANGE: 'refused',
  ABORTED: 'again',
  UNAVAILABLE: 'unreachable',
  DEADLINE_EXCEEDED: 'failing',
  RESOURCE_EXHAUSTED: 'failing',
  CANCELLED: 'failing',
  UNKNOWN: 'failing',
  INTERNAL: 'failing',
  DATA_LOSS: 'failing',
  // Faults of ours: bookings must not end for a wrong token or an old server.
  UNAUTHENTICATED: 'failing',
  PERMISSION_DENIED: 'failing',
  UNIMPLEMENTED: 'failing',
}

/** Small answers, no retries but Temporal's, and a service that comes back is seen soon. */
const CHANNEL = {
  'grpc.enable_retries': 0,
  'grpc.max_receive_message_length': 256 * 1024,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 5000,
}

/** A client of one service over gRPC: `grpc://host:port`, or `grpcs://` with TLS. Deadline and circuit as over HTTP (http.ts). */
export function grpcClient(service: string, url: string, deadlineMs: number): GrpcClient {
  const { protocol, host } = new URL(url)
  const channel = new Client(
    host,
    protocol === 'grpcs:' ? credentials.createSsl() : credentials.createInsecure(),
    CHANNEL,
  )
  const circuit = openCircuit(service)

  const attempt = <Request, Message>(method: Method<Request, Message>, request: Request, key: string | undefined) =>
    tracedCall(service, method.path.slice(method.path.lastIndexOf('/') + 1), (trace) =>
      send(method, request, { ...trace, ...(key !== undefined && { 'idempotency-key': key }) }),
    )

  function send<Request, Message>(
    method: Method<Request, Message>,
    request: Request,
    headers: Readonly<Record<string, string>>,
  ): Promise<Message> {
    const metadata = new Metadata()
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
    return new Promise((resolve, reject) => {
      channel.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        metadata,
        { deadline: Date.now() + deadlineMs },
        (error, message) => {
          if (error !== null) reject(failureOf(service, error))
          else if (message === undefined) reject(new Faulty('did not answer'))
          else resolve(message)
        },
      )
    })
  }

  return {
    async call(method, request, read, key) {
      try {
        return read(await circuit.run(true, () => attempt(method, request, key)))
      } catch (error) {
        throw circuit.refusalOf(error)
      }
    },
    close: () => channel.close(),
  }
}

function failureOf(service: string, error: ServiceError): Error {
  const { code, details } = error
  const name = (status[code] ?? 'UNKNOWN') as Code
  switch (MEANING[name]) {
    case 'absent':
    case 'refused':
      return new Refused(
        {
          code: name === 'NOT_FOUND' ? 'not_found' : 'policy_forbids',
          message: `The ${service} service refused: ${details}`,
          details: { grpc_status: name },
        },
        { cause: error },
      )
    case 'again':
      return new Error(`could not do it this time: ${details}`, { cause: error })
    case 'failing':
      return new Faulty(`answered ${name}`, { cause: error })
    case 'unreachable':
      return new Unreachable('is out of reach', { cause: error })
  }
}
