import { existsSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { serve } from '@hono/node-server'
import { createApp } from './api/app.ts'
import { startGrpc } from './api/grpc/server.ts'
import { atRoot, doorPorts } from './api/doors/doors.ts'
import { createMetrics } from './api/metrics.ts'
import { BadConfiguration, readConfig, type Config } from './config.ts'
import { requireSearchAttributes } from './temporal/search-attributes.ts'
import { wire } from './runtime/wire.ts'

/** Process 2: the HTTP API, and the same over gRPC. */
async function main(config: Config): Promise<void> {
  const parts = await wire(config, 'server')
  // What is booked can be read without them, but nothing new is booked.
  await requireSearchAttributes(config).catch((error: unknown) => parts.log.error({ err: error }, String(error)))
  const stopping = new AbortController()
  const metrics = createMetrics()
  let draining = false
  const app = createApp(parts, {
    metrics,
    stopping: stopping.signal,
    isOutOfService: () => draining || isHeldBack(config),
  })
  const grpc = await startGrpc(parts, { app, registry: metrics.registry }).catch(async (error: unknown) => {
    await parts.close()
    throw error
  })
  parts.log.info({ port: grpc.port }, 'gRPC is listening')
  const server = serve({ fetch: app.fetch, port: config.PORT, hostname: config.HOST }, ({ port }) => {
    parts.log.info({ port }, 'the API is listening')
  })
  server.once('error', (error) => fail(error))
  const doors = doorPorts(config).map(({ name, port }) =>
    serve({ fetch: atRoot(app, name), port, hostname: config.HOST }, (at) => {
      parts.log.info({ port: at.port, door: name }, 'a door is open')
    }),
  )
  for (const door of doors) door.once('error', (error) => fail(error))
  const stop = async () => {
    // Not ready for a while, so that nobody is sent here any more; what is under way is answered; then the process ends by itself.
    draining = true
    await setTimeout(config.DRAIN_SECONDS * 1000)
    stopping.abort()
    const http = [server, ...doors].map((each) => new Promise((resolve) => each.close(resolve)))
    await Promise.all([...http, grpc.stop()])
    await parts.close()
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop())
}

/** What starts it may have more to do before anybody is sent here, and makes a file when that is done. */
function isHeldBack({ READY_FILE: file }: Config): boolean {
  return file !== undefined && !existsSync(file)
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
