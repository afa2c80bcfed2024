import {
  connect,
  constants,
  createServer,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { Side } from './points.ts'

/** What a worker reports to Temporal when it has done something, by the last part of the call's path. */
const REPORTS: ReadonlySet<string> = new Set(['RespondWorkflowTaskCompleted', 'RespondActivityTaskCompleted'])

/** Told of each report: before it is passed on, and after Temporal has accepted it. What it waits for, the call waits for. */
type Listener = (report: string, side: Side) => Promise<void>

/** A server that a worker takes for Temporal: it passes every call on. */
export type TemporalProxy = {
  readonly address: string
  /** Is no report under way? */
  isIdle(): boolean
  close(): Promise<void>
}

/** Opens a proxy in front of the Temporal server at `target` (gRPC without TLS). */
export async function openTemporalProxy(target: string, tell: Listener): Promise<TemporalProxy> {
  const upstream = openUpstream(target)
  const sessions = new Set<ServerHttp2Session>()
  const reports = new Set<ServerHttp2Stream>()
  const server = createServer()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('error', () => undefined).on('close', () => sessions.delete(session))
  })
  server.on('stream', (stream, headers) => {
    const call = headers[':path']?.split('/').at(-1) ?? ''
    const isReport = REPORTS.has(call)
    const told = (side: Side) => (isReport ? tell(call, side) : Promise.resolve())
    if (isReport) reports.add(stream)
    stream.on('error', () => undefined).on('close', () => reports.delete(stream))
    void told('before').then(() => {
      if (stream.destroyed) return
      const request = upstream.session().request({ ...headers, ':authority': target })
      stream.pipe(request)
      passBack(request, stream, () => told('after'))
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  return {
    address: `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    isIdle: () => reports.size === 0,
    close: async () => {
      for (const session of sessions) session.destroy()
      upstream.close()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

/** The connection to the server, opened again whenever the server has asked for that: Temporal does every five minutes. */
function openUpstream(target: string): { session(): ClientHttp2Session; close(): void } {
  const open = () => connect(`http://${target}`).on('error', () => undefined)
  let current = open()
  return {
    session() {
      if (current.closed || current.destroyed) current = open()
      return current
    },
    close: () => current.destroy(),
  }
}

/** Passes an answer back: headers, messages, and the trailers that say how the call went. */
function passBack(request: ClientHttp2Stream, stream: ServerHttp2Stream, accepted: () => Promise<void>): void {
  let trailers: IncomingHttpHeaders = {}
  request.on('error', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR))
  request.on('trailers', (sent) => {
    trailers = sent
  })
  stream.on('close', () => request.close(constants.NGHTTP2_CANCEL))
  stream.on('wantTrailers', () => stream.sendTrailers(trailers))
  request.on('response', (headers) => {
    // An error has its status in the first headers already, and nothing after them.
    const isError = headers['grpc-status'] !== undefined
    void (isError ? Promise.resolve() : accepted()).then(() => {
      if (stream.destroyed) return
      if (isError) return void stream.respond(headers, { endStream: true })
      stream.respond(headers, { waitForTrailers: true })
      request.pipe(stream)
    })
  })
}
