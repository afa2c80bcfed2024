import type { ChildProcess } from 'node:child_process'
import { inject } from 'vitest'
import type { Config } from '../../config.ts'
import { eventually, Never } from './eventually.ts'
import { freePort } from './ports.ts'
import { startProgram } from './program.ts'

/** A worker as a process of its own, as in production: it can be killed, and it does not share the test's event loop. */
export type WorkerProcess = {
  /** What it has logged so far. */
  readonly log: () => string
  readonly process: ChildProcess
  /** Where it says how it is. */
  readonly url: string
  /** Ends it as kill -9 does, and waits until it is gone. */
  kill(): Promise<void>
  /** Asks it to finish what it has begun and waits until it is gone. */
  stop(): Promise<void>
  /** Resolves when it is gone, with what it went by: its exit code or signal, and what it said at the end. */
  readonly gone: Promise<string>
}

/** Starts `worker.ts` with a world's configuration and waits until it takes work. */
export async function startWorkerProcess(
  config: Config,
  environment: Record<string, string> = {},
): Promise<WorkerProcess> {
  const port = await freePort()
  const { child, end, ...program } = startProgram('worker.ts', config, {
    METRICS_PORT: String(port),
    WORKFLOW_BUNDLE: inject('shared').bundlePath,
    ...environment,
  })
  let [told, logged] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => {
    logged += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    told += chunk.toString()
  })
  const gone = program.gone.then((cause) => `${cause} ${told.slice(-500)}`.trim())
  try {
    await eventually(async () => {
      if (child.exitCode !== null) throw new Never(`the worker ended with ${child.exitCode}: ${told}`)
      const answer = await fetch(`http://127.0.0.1:${port}/ready`)
      const { pid } = (await answer.json()) as { pid: number }
      // Among many workers another one may have been faster to take the free port.
      if (!answer.ok || pid !== child.pid) throw new Error('the worker is not ready')
    }, 90)
  } catch (error) {
    await end('SIGKILL')
    throw error
  }
  const url = `http://127.0.0.1:${port}`
  return { log: () => logged, process: child, url, gone, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') }
}
