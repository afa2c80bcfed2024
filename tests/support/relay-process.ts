import type { Config } from '../../config.ts'
import { eventually, Never } from './eventually.ts'
import { freePort } from './ports.ts'
import { startProgram } from './program.ts'

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
  const { child, end } = startProgram('relay.ts', config, { RELAY_METRICS_PORT: String(port), ...environment })
  let told = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      told = (told + chunk.toString()).slice(-100_000)
    })
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
