import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import {
  connect,
  createSecureServer,
  constants,
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TLSSocket } from 'node:tls'

const UNAUTHENTICATED = '16'

/** A call that came through, as the server behind would see it. */
export type Seen = {
  /** As in `/temporal.api.workflowservice.v1.WorkflowService/GetSystemInfo`, the last part. */
  readonly method: string
  readonly authorization: string | undefined
  readonly namespace: string | undefined
  /** Who its certificate says it is. */
  readonly client: string
  readonly protocol: string | false | null
}

/** gRPC over TLS in front of a plain server, with the demands of Temporal Cloud: a client certificate that it knows, and the API key. */
export type TlsProxy = {
  readonly address: string
  readonly seen: readonly Seen[]
  close(): Promise<void>
}

export type Certificates = Readonly<Record<'ca' | 'cert' | 'key' | 'clientCert' | 'clientKey', string>>

/** Makes an authority, a server's certificate for `serverName` and a client's for `clientName`, as files. Needs openssl. */
export async function makeCertificates(folder: string, serverName: string, clientName: string): Promise<Certificates> {
  const file = (name: string) => join(folder, `${name}.pem`)
  const openssl = (...args: readonly string[]) => promisify(execFile)('openssl', [...args])
  // In two steps, for also older programs than OpenSSL 3 can do it.
  const make = async (name: string, subject: string, extensions: readonly string[], signer = 'ca') => {
    writeFileSync(file(`${name}.ext`), `[req]\ndistinguished_name=dn\n[dn]\n[more]\n${extensions.join('\n')}\n`)
    const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', file(`${name}.key`)]
    await openssl('req', ...key, '-config', file(`${name}.ext`), '-subj', `/CN=${subject}`, '-out', file(`${name}.csr`))
    const self = ['-signkey', file(`${name}.key`)]
    const other = ['-CA', file(signer), '-CAkey', file(`${signer}.key`), '-CAcreateserial']
    const contents = ['-extfile', file(`${name}.ext`), '-extensions', 'more', '-days', '2', '-sha256']
    const by = name === signer ? self : other
    await openssl('x509', '-req', '-in', file(`${name}.csr`), ...by, ...contents, '-out', file(name))
  }
  await make('ca', 'test authority', ['basicConstraints=critical,CA:TRUE'])
  await make('server', serverName, ['basicConstraints=CA:FALSE', `subjectAltName=DNS:${serverName}`])
  await make('client', clientName, ['basicConstraints=CA:FALSE'])
  return {
    ca: file('ca'),
    cert: file('server'),
    key: file('server.key'),
    clientCert: file('client'),
    clientKey: file('client.key'),
  }
}

/** Opens one in front of the plain server at `upstream` (host:port). */
export async function openTlsProxy(upstream: string, certificates: Certificates, apiKey: string): Promise<TlsProxy> {
  const seen: Seen[] = []
  const sessions = new Set<{ destroy(): void }>()
  const server = createSecureServer({
    ca: readFileSync(certificates.ca),
    cert: readFileSync(certificates.cert),
    key: readFileSync(certificates.key),
    requestCert: true,
    rejectUnauthorized: true,
    ALPNProtocols: ['h2'],
  })
  server.on('session', (session) => {
    const behind = connect(`http://${upstream}`)
    for (const side of [session, behind]) {
      sessions.add(side)
      side.on('error', () => undefined).on('close', () => sessions.delete(side))
    }
    behind.on('close', () => session.destroy())
    session.on('close', () => behind.destroy())
    session.on('stream', (stream, headers) => {
      stream.on('error', () => undefined)
      const socket = stream.session?.socket as TLSSocket | undefined
      seen.push({
        method: headers[':path']?.split('/').at(-1) ?? '',
        authorization: headers.authorization,
        namespace: headers['temporal-namespace'] as string | undefined,
        client: String(socket?.getPeerCertificate().subject?.CN),
        protocol: socket?.alpnProtocol ?? null,
      })
      if (headers.authorization === `Bearer ${apiKey}`) return carry(stream, headers, behind)
      const refusal = { 'grpc-status': UNAUTHENTICATED, 'grpc-message': 'Request unauthorized.' }
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...refusal }, { endStream: true })
    })
  })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async close() {
      for (const session of sessions) session.destroy()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

/** One call: headers, messages and trailers there and back. */
function carry(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, behind: ClientHttp2Session): void {
  const call = behind.request({ ...headers, ':scheme': 'http' })
  let trailers: IncomingHttpHeaders = {}
  call.on('error', () => stream.destroyed || stream.close(constants.NGHTTP2_CANCEL))
  call.on('trailers', (told: IncomingHttpHeaders) => {
    trailers = told
  })
  call.on('response', (told, flags) => {
    if (stream.destroyed) return
    const endStream = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0
    stream.respond(told, { endStream, waitForTrailers: !endStream })
    if (endStream) return
    stream.on('wantTrailers', () => stream.sendTrailers(trailers))
    call.pipe(stream)
  })
  stream.on('close', () => call.destroyed || call.close(constants.NGHTTP2_CANCEL))
  stream.pipe(call)
}
