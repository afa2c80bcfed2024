import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Config } from '../../config.ts'
import { eventually, Never } from './eventually.ts'
import { freePort } from './ports.ts'

/** `relay.ts` as a process of its own, as in production. */
export type RelayProcess = {
  /** What it has printed so far. */
  output(): string
  /** Its `/metrics`. */
  metrics(): Promise<string>
  /** Ends it as kill -9 does. */
  kill(): Promise<void>
  /** Asks it to finish what it has begun; answers with its exit code. */
  stop(): Promise<number | null>
}

/** Starts a relay with a world's configuration; with `wait`, returns when it is ready. */
export async function startRelayProcess(
  config: Config,
  environment: Record<string, string>,
  { wait = true } = {},
): Promise<RelayProcess> {
  const port = await freePort()
  const child = spawn(
    process.execPath,
    ['--disable-warning=TimeoutNegativeWarning', fileURLToPath(new URL('../../relay.ts', import.meta.url))],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        ...Object.fromEntries(Object.entries(config).map(([name, value]) => [name, String(value)])),
        RELAY_METRICS_PORT: String(port),
        ...environment,
      },
    },
  )
  let told = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      told = (told + chunk.toString()).slice(-100_000)
    })
  }
  const gone = once(child, 'exit')
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    await gone
  }
  const ready = () =>
    eventually(async () => {
      if (child.exitCode !== null) throw new Never(`the relay ended with ${child.exitCode}: ${told}`)
      const { ok } = await fetch(`http://127.0.0.1:${port}/ready`)
      if (!ok) throw new Error('the relay is not ready')
    }, 90)
  if (wait) {
    await ready().catch(async (error: unknown) => {
      await end('SIGKILL')
      throw error
    })
  }
  return {
    output: () => told,
    metrics: async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text(),
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM')
      return child.exitCode
    },
  }
}
