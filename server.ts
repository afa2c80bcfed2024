import { serve } from '@hono/node-server'
import { createApp } from './api/app.ts'
import { BadConfiguration, readConfig, type Config } from './config.ts'
import { wire } from './wire.ts'

/** Process 2: the HTTP API. */
async function main(config: Config): Promise<void> {
  const parts = await wire(config, 'server')
  const stopping = new AbortController()
  const app = createApp(parts, stopping.signal)
  const server = serve({ fetch: app.fetch, port: config.PORT, hostname: config.HOST }, ({ port }) => {
    parts.log.info({ port }, 'the API is listening')
  })
  server.once('error', (error) => fail(error))
  const stop = () => {
    // What is under way is answered; then the parts are closed and the process ends by itself.
    stopping.abort()
    server.close(() => void parts.close())
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop)
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof BadConfiguration ? error.message : String(error)}\n`)
  process.exitCode = 1
}

try {
  await main(readConfig(process.env))
} catch (error) {
  fail(error)
}
