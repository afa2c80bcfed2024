import { grpcClient, type GrpcClient } from './grpc/client.ts'
import { httpClient, type HttpClient } from './http.ts'

/** The clients of a process, closed together. */
export type Clients = {
  http(service: string, url: string): HttpClient
  /** A port over whichever its URL names: `http(s)://`, or `grpc://` and `grpcs://` (TLS). */
  over<Port>(
    service: string,
    url: string,
    overHttp: (client: HttpClient) => Port,
    overGrpc: (client: GrpcClient) => Port,
  ): Port
  close(): Promise<void>
}

/** Opens clients as they are asked for. `deadlineMs` covers one try of a call. */
export function openClients(deadlineMs: number): Clients {
  const open: { close(): Promise<void> | void }[] = []
  const kept = <Client extends { close(): Promise<void> | void }>(client: Client): Client => {
    open.push(client)
    return client
  }
  const http = (service: string, url: string) => kept(httpClient(service, url, deadlineMs))
  return {
    http,
    over: (service, url, overHttp, overGrpc) =>
      /^grpcs?:$/.test(new URL(url).protocol)
        ? overGrpc(kept(grpcClient(service, url, deadlineMs)))
        : overHttp(http(service, url)),
    async close() {
      await Promise.all(open.map(async (client) => client.close()))
    },
  }
}
