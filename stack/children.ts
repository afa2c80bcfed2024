import { checkout } from './launcher/cache.mjs'
import { Failure } from './launcher/tool.mjs'
import { startService, tail, whenReady, type Service } from './service.ts'

// Longer than the 20 s that the worker gives to what is under way.
const graceMs = 25_000

// Kafka's client sets a timer in the past (tulios/kafkajs#1751), which Node 24 complains about.
const quiet = ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning']

export type ChildOptions = {
  name: string
  /** The TypeScript file, relative to the checkout. */
  file: string
  env: NodeJS.ProcessEnv
  /** Answers 2xx once the process is of use. */
  readyUrl: string
  onLine: (line: string) => void
  readyMs?: number
}

/** Starts a Node process of this project; `ready` tells when it can be used, or fails with its last lines. */
export async function startChild(options: ChildOptions): Promise<{ service: Service; ready: Promise<void> }> {
  const { name, file, env, readyUrl, onLine, readyMs = 90_000 } = options
  const args = [...quiet, file]
  const service = await startService({ name, command: process.execPath, args, env, cwd: checkout, onLine, graceMs })
  const ready = waitUntilReady(service, readyUrl, readyMs)
  // Whoever started it may be busy with another failure when this one comes.
  ready.catch(() => undefined)
  return { service, ready }
}

async function waitUntilReady(service: Service, url: string, readyMs: number): Promise<void> {
  let told = ''
  const probe = async (): Promise<boolean> => {
    const response = await fetch(url, { signal: AbortSignal.timeout(5000) }).catch(() => undefined)
    told = response === undefined ? '' : `, status ${response.status} at ${url}`
    return response?.ok ?? false
  }
  const trouble = await whenReady(service, probe, readyMs)
  if (trouble !== undefined) throw new Failure(`${service.name} did not start (${trouble}${told}).${tail(service)}`)
}
