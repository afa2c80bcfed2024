import { createServer, type IncomingMessage } from 'node:http'
import { Server as GrpcServer, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js'
import { request } from 'undici'
import { UserServiceService, type GetUserRequest, type User } from '../../services/grpc/generated/user_service.ts'
import { eventually } from './eventually.ts'
import { freePort } from './ports.ts'

/** A span as OTLP tells it, as far as tests ask. */
export type CollectedSpan = {
  readonly service: string
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly attributes: Readonly<Record<string, unknown>>
  readonly isFailed: boolean
  readonly milliseconds: number
}

/** What spans are sent to: OTLP over HTTP in JSON, as a collector takes it. */
export type Collector = {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string
  /** All that came, as it was written. */
  readonly text: () => string
  readonly spans: () => CollectedSpan[]
  /** The spans of a trace, once all of these names are among them. */
  trace(traceId: string, names: readonly string[]): Promise<CollectedSpan[]>
  close(): Promise<void>
}

type Value = { stringValue?: string; intValue?: number | string; doubleValue?: number; boolValue?: boolean }
type Attributes = { key: string; value: Value }[]
type Sent = {
  resourceSpans: {
    resource: { attributes: Attributes }
    scopeSpans: {
      spans: {
        name: string
        traceId: string
        spanId: string
        parentSpanId?: string
        attributes: Attributes
        startTimeUnixNano: string
        endTimeUnixNano: string
        status: { code?: number }
      }[]
    }[]
  }[]
}

/** Starts a collector; close it in `afterAll`. */
export async function startCollector(): Promise<Collector> {
  const bodies: string[] = []
  const server = createServer((incoming, response) => {
    void textOf(incoming).then((text) => {
      if (incoming.url === '/v1/traces') bodies.push(text)
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  const port = await listening(server)
  const spans = () => bodies.flatMap((body) => spansOf(JSON.parse(body) as Sent))
  return {
    url: `http://127.0.0.1:${port}`,
    text: () => bodies.join('\n'),
    spans,
    trace: (traceId, names) =>
      eventually(async () => {
        const found = spans().filter((span) => span.traceId === traceId)
        const missing = names.filter((name) => !found.some((span) => span.name === name))
        if (missing.length > 0) throw new Error(`missing ${missing.join()} in ${found.map(({ name }) => name).join()}`)
        return found
      }, 20),
    close: () => closed(server),
  }
}

function spansOf({ resourceSpans }: Sent): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap((scope) =>
      scope.spans.map((span) => ({
        service: String(valuesOf(resource.attributes)['service.name']),
        name: span.name,
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId,
        attributes: valuesOf(span.attributes),
        isFailed: span.status.code === 2,
        milliseconds: Number((BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1_000_000n),
      })),
    ),
  )
}

function valuesOf(attributes: Attributes): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.boolValue ?? Number(value.intValue)]),
  )
}

/** Stands between us and a service and hands everything on; `seen` has method, path and `traceparent` of each request. */
export type Witness = { readonly url: string; readonly seen: readonly string[]; close(): Promise<void> }

/** Starts a witness before the service at `target`; close it in `afterAll`. */
export async function startWitness(target: string): Promise<Witness> {
  const seen: string[] = []
  const server = createServer((incoming, response) => {
    seen.push(`${incoming.method} ${incoming.url} ${String(incoming.headers['traceparent'])}`)
    void textOf(incoming).then(async (body) => {
      const { host: _host, connection: _connection, ...headers } = incoming.headers
      const answer = await request(new URL(incoming.url ?? '/', target), {
        method: (incoming.method ?? 'GET') as 'GET' | 'POST',
        headers,
        ...(body !== '' && { body }),
      })
      const text = await answer.body.text()
      response.writeHead(answer.statusCode, { 'content-type': String(answer.headers['content-type']) }).end(text)
    })
  })
  const port = await listening(server)
  return { url: `http://127.0.0.1:${port}`, seen, close: () => closed(server) }
}

/** A user service over gRPC that knows everybody; `seen` has the `traceparent` of each call. */
export async function startGrpcWitness(): Promise<{ url: string; seen: readonly string[]; close(): void }> {
  const server = new GrpcServer()
  const seen: string[] = []
  server.addService(UserServiceService, {
    getUser: (call: ServerUnaryCall<GetUserRequest, User>, answer: sendUnaryData<User>) => {
      seen.push(String(call.metadata.get('traceparent')[0]))
      answer(null, { id: call.request.userId })
    },
  })
  const port = await new Promise<number>((resolve, reject) => {
    const bound = (error: Error | null, at: number) => (error === null ? resolve(at) : reject(error))
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), bound)
  })
  return { url: `grpc://127.0.0.1:${port}`, seen, close: () => server.forceShutdown() }
}

/** The names on the way from a span up to the one without a parent among these. */
export function pathOf(spans: readonly CollectedSpan[], name: string): string[] {
  const path: string[] = []
  let span = spans.find((each) => each.name === name)
  while (span !== undefined) {
    const { parentSpanId } = span
    path.unshift(`${span.service} ${span.name}`)
    span = spans.find(({ spanId }) => spanId === parentSpanId)
  }
  return path
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  const port = await freePort()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return port
}

function closed(server: ReturnType<typeof createServer>): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}
