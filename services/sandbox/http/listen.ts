import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import type { SandboxEnv } from './env.ts'

/** Longer than any client's pool keeps an idle connection, so that the client, which can tell, closes first. */
const KEEP_ALIVE_MS = 75_000
/** How long answers under way may take when closing. */
const GRACE_MS = 2_000
const SWEEP_MS = 20

export interface Listening {
  server: Server
  port: number
  url: string
}

/** Serves the app. Port 0 is any free one. Rejects with the system's error, EADDRINUSE say. */
export function listen(app: Hono<SandboxEnv>, port: number, hostname: string): Promise<Listening> {
  const listener = getRequestListener((request, env) => app.fetch(request, env))
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (incoming, outgoing) => {
    void listener(incoming, outgoing)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, hostname, () => {
      const bound = (server.address() as AddressInfo).port
      const host = hostname.includes(':') ? `[${hostname}]` : hostname
      resolve({ server, port: bound, url: `http://${host}:${bound}` })
    })
  })
}

/** Stops taking calls, lets those under way finish for two seconds, then cuts them. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), GRACE_MS)
    // A connection that answers now falls idle only later, and would be kept alive.
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS)
    server.close(() => {
      clearTimeout(cut)
      clearInterval(sweep)
      resolve()
    })
  })
}
