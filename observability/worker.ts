import { createServer } from 'node:http'
import { createServer as createSocket, type AddressInfo } from 'node:net'
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Config } from '../config.ts'
import type { Database } from '../prisma/client.ts'
import { bookingMetrics } from './bookings.ts'
import { reconciliationMetrics } from './reconciliation.ts'

export type WorkerHealthPorts = {
  readonly config: Pick<Config, 'METRICS_PORT' | 'HOST'>
  readonly database: Database
  /** Where Temporal's own exporter listens, on this machine only. */
  readonly sdkMetrics: string
  /** The worker's state, as the SDK has it. */
  readonly state: () => string
}

/** Serves `/health`, `/ready` and `/metrics` of the worker: Node's, the bookings' and those of Temporal's SDK, in one answer (A-22, O-07). */
export function serveWorkerHealth({ config, database, sdkMetrics, state }: WorkerHealthPorts): { close(): void } {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  bookingMetrics(registry, database)
  reconciliationMetrics(registry, database)

  const metrics = async () => {
    const [ours, temporals] = await Promise.all([registry.metrics(), readText(`http://${sdkMetrics}/metrics`)])
    return { status: 200, type: registry.contentType, body: `${ours}\n${temporals}` }
  }
  const health = async (status: number) => ({
    status,
    type: 'application/json',
    body: JSON.stringify({ status: state(), pid: process.pid }),
  })
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://worker')
    const answer =
      pathname === '/metrics' ? metrics() : health(pathname !== '/ready' || state() === 'RUNNING' ? 200 : 503)
    void answer
      .catch(() => ({ status: 500, type: 'text/plain', body: 'failed' }))
      .then(({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body))
  }).listen(config.METRICS_PORT, config.HOST)
  return {
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** An address on this machine that nobody uses now, for the exporter of Temporal's SDK, which cannot be asked what it took. */
export function freeLocalAddress(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createSocket()
    socket.once('error', reject)
    socket.listen(0, '127.0.0.1', () => {
      const { port } = socket.address() as AddressInfo
      socket.close(() => resolve(`127.0.0.1:${port}`))
    })
  })
}

async function readText(url: string): Promise<string> {
  try {
    return await (await fetch(url, { signal: AbortSignal.timeout(2000) })).text()
  } catch {
    return '# the exporter of the SDK did not answer\n'
  }
}
