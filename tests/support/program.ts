import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Config } from '../../config.ts'
import { leash } from '../../stack/leash.ts'

/** A program of the product as a process of its own, as in production. */
export type Program = {
  readonly child: ChildProcess & { readonly stdout: Readable; readonly stderr: Readable }
  /** Resolves when it is gone, with its exit code or its signal. */
  readonly gone: Promise<string>
  /** Signals it, unless it has ended, and waits until it is gone. */
  readonly end: (signal: NodeJS.Signals) => Promise<void>
}

/** Starts it with a world's configuration. It goes when this process goes, whatever ends that. */
export function startProgram(
  file: 'relay.ts' | 'server.ts' | 'worker.ts',
  config: Config,
  environment: Record<string, string>,
): Program {
  const flags = ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning']
  const child = spawn(process.execPath, [...flags, fileURLToPath(new URL(`../../${file}`, import.meta.url))], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      // Where Node keeps what it compiled: a program is up in half the time.
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      ...Object.fromEntries(Object.entries(config).map(([name, value]) => [name, String(value)])),
      ...environment,
    },
  })
  const release = child.pid === undefined ? () => undefined : leash(child.pid, 'SIGKILL')
  const gone = once(child, 'exit').then(([code, signal]) => {
    release()
    return String(signal ?? code)
  })
  return {
    child,
    gone,
    async end(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      await gone
    },
  }
}
