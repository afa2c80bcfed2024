import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** The example of a reader (examples/housekeeping) as the program that it is. */
export type Housekeeping = {
  /** Ends it as kill -9 does. */
  kill(): Promise<void>
}

/** Starts it on a broker, with its table in a file. It starts itself again when it ends because the broker is away. */
export function startHousekeeping(brokers: string, file: string): Housekeeping {
  const program = fileURLToPath(new URL('../../examples/housekeeping/main.ts', import.meta.url))
  const ending = new AbortController()
  const start = () => {
    const child = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', program], {
      stdio: 'ignore',
      env: { PATH: process.env['PATH'], KAFKA_BROKERS: brokers, TABLE: file },
    })
    return { child, gone: once(child, 'exit') }
  }
  let running = start()
  const again = async () => {
    while (!ending.signal.aborted) {
      await running.gone
      if (!ending.signal.aborted) running = start()
    }
  }
  void again()
  return {
    async kill() {
      ending.abort()
      const { child, gone } = running
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await gone
    },
  }
}
