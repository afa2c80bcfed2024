import {
  status as Status,
  type Server,
  type ServerUnaryCall,
  type ServiceDefinition,
  type UntypedHandleCall,
} from '@grpc/grpc-js'
import { BinaryReader } from '@bufbuild/protobuf/wire'
import type { Hono } from 'hono'
import type { Logger } from 'pino'
import { askFor, type Ask } from './ask.ts'
import { CallRefused, refused, statusOf, type Names } from './status.ts'

type Method = {
  readonly path: string
  requestDeserialize(bytes: Buffer): unknown
  responseSerialize(message: never): Buffer
}
type RequestOf<M> = M extends { requestDeserialize(bytes: Buffer): infer Request } ? Request : never
type ResponseOf<M> = M extends { responseSerialize(message: infer Response): Buffer } ? Response : never

/** A service: what each of its methods asks of the HTTP API, and how it answers with that. */
export type Calls<Definition> = {
  readonly [Name in keyof Definition]: (
    ask: Ask,
    request: RequestOf<Definition[Name]>,
  ) => Promise<ResponseOf<Definition[Name]>>
}

/** The same calls, with faults pointing at what the service's own messages call it. */
export function naming<Definition>(names: Names, calls: Calls<Definition>): Calls<Definition> {
  const wrapped = Object.entries(calls as Record<string, AnyCall>).map(([name, answer]): [string, AnyCall] => [
    name,
    (ask, request) =>
      answer(ask, request).catch((error: unknown) => {
        throw error instanceof CallRefused ? error.naming(names) : error
      }),
  ])
  return Object.fromEntries(wrapped) as Calls<Definition>
}

/** Stands for bytes that are no message of the method. */
const UNREADABLE = Symbol('unreadable')

/** Adds a generated service definition to a server, with what its methods do. */
export function addCalls<Definition extends { readonly [Name in keyof Definition]: Method }>(
  server: Pick<Server, 'addService'>,
  { app, log }: { readonly app: Pick<Hono, 'fetch'>; readonly log: Logger },
  definition: Definition,
  calls: Calls<Definition>,
): void {
  const names = Object.keys(definition) as (keyof Definition & string)[]
  const methods = names.map((name) => [name, { ...definition[name], requestDeserialize: readable(definition[name]) }])
  const handlers = names.map((name) => [name, handler(definition[name].path, calls[name] as AnyCall)])
  server.addService(Object.fromEntries(methods) as ServiceDefinition, Object.fromEntries(handlers) as Handlers)

  function handler(path: string, answer: AnyCall): UntypedHandleCall {
    return (call: ServerUnaryCall<unknown, unknown>, callback: (error: object | null, response?: unknown) => void) => {
      const nobodyWaits = new AbortController()
      call.on('cancelled', () => nobodyWaits.abort())
      const answerOf = async (): Promise<[error: object | null, response?: unknown]> => {
        try {
          if (call.request === UNREADABLE) {
            throw refused({ code: 'malformed', message: 'The message cannot be read.' })
          }
          return [null, await answer(askFor(app, call.metadata, nobodyWaits.signal), call.request)]
        } catch (error) {
          if (error instanceof CallRefused) return [statusOf(error)]
          // The caller has gone, or its deadline is over: it has its status already.
          if (!nobodyWaits.signal.aborted) log.error({ err: error, method: path }, 'a call failed')
          return [{ code: Status.INTERNAL, details: 'Something went wrong here.' }]
        }
      }
      const finish = async () => callback(...(await answerOf()))
      void finish()
    }
  }
}

type AnyCall = (ask: Ask, request: unknown) => Promise<unknown>
type Handlers = Record<string, UntypedHandleCall>

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** What cannot be read is refused by the handler, after the caller was asked who they are, and not by the transport before that. */
function readable(method: Method): (bytes: Buffer) => unknown {
  return (bytes) => {
    try {
      // What is generated reads from bytes or from a reader; ours takes no text that is no UTF-8 (N-54), where the usual one puts U+FFFD.
      const reader: unknown = new BinaryReader(bytes, (text) => decoder.decode(text))
      return method.requestDeserialize(reader as Buffer)
    } catch {
      return UNREADABLE
    }
  }
}
