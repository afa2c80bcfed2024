import type { Config } from '../../config.ts'
import { eventually, Never } from './eventually.ts'
import { freePort } from './ports.ts'
import { startProgram } from './program.ts'

/** `server.ts` as a process of its own, as in production. */
export type ServerProcess = {
  /** What it has logged so far. */
  readonly log: () => string
  readonly apiUrl: string
  /** Asks it to finish what it has begun; answers with its exit code. */
  stop(): Promise<number | null>
}

/** Starts an API with a world's configuration and waits until it answers. */
export async function startServerProcess(
  config: Config,
  environment: Record<string, string> = {},
): Promise<ServerProcess> {
  const port = await freePort()
  const apiUrl = `http://127.0.0.1:${port}`
  const { child, end } = startProgram('server.ts', config, { PORT: String(port), ...environment })
  let [told, logged] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => {
    logged += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    told += chunk.toString()
  })
  try {
    await eventually(async () => {
      if (child.exitCode !== null) throw new Never(`the server ended with ${child.exitCode}: ${told}`)
      if (!(await fetch(`${apiUrl}/health`)).ok) throw new Error('the server is not there yet')
    }, 60)
  } catch (error) {
    await end('SIGKILL')
    throw error
  }
  return {
    log: () => logged,
    apiUrl,
    async stop() {
      await end('SIGTERM')
      return child.exitCode
    },
  }
}
