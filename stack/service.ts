import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { leash } from './leash.ts'
import { readable } from './log-line.ts'
import { Failure } from './launcher/tool.mjs'

export type Service = {
  name: string
  pid: number
  /** Settles when the process is gone, asked to or not. */
  exited: Promise<void>
  /** How it ended, for people, or undefined while it runs. */
  ended: () => string | undefined
  lastLines: () => string[]
  stop: () => Promise<void>
  /** Ends it without waiting for anything. */
  force: () => void
}

export type ServiceOptions = {
  name: string
  command: string
  args: readonly string[]
  env?: NodeJS.ProcessEnv
  cwd?: string
  /** User and group to run as; only root can choose. */
  runAs?: { uid: number; gid: number } | undefined
  onLine: (line: string) => void
  stopSignal?: NodeJS.Signals
  /** Sent when the process is still there after `graceMs`. */
  forceSignal?: NodeJS.Signals
  graceMs?: number
}

const linesKept = 20

/** Starts a long-running process that ends with us, even if we are killed. Fails when it cannot be run at all. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { name, command, args, env = process.env, cwd, runAs, onLine } = options
  const { stopSignal = 'SIGTERM', forceSignal = 'SIGKILL', graceMs = 10_000 } = options
  const child = spawn(command, args, {
    env,
    ...(cwd === undefined ? {} : { cwd }),
    ...runAs,
    // A group of its own: Ctrl-C in a terminal goes to the whole group, and would stop everything at once in no order.
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  })
  const kept: string[] = []
  const keep = (line: string): void => {
    kept.push(line)
    if (kept.length > linesKept) kept.shift()
    onLine(line)
  }
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', keep)

  let ended: string | undefined
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = howItEnded(code, signal)
      // What it printed last may still be on its way.
      const settle = (): void => resolve()
      child.once('close', settle)
      setTimeout(settle, 300).unref()
    })
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (error) => reject(new Failure(`${name} could not be started: ${error.message}`)))
  })
  if (child.pid === undefined) throw new Failure(`${name} could not be started.`)
  const release = leash(child.pid, stopSignal)
  void exited.then(release)

  const stop = async (): Promise<void> => {
    if (ended !== undefined) return
    child.kill(stopSignal)
    const patience = new AbortController()
    const tooLong = sleep(graceMs, true, { signal: patience.signal }).catch(() => false)
    if (await Promise.race([exited.then(() => false), tooLong])) child.kill(forceSignal)
    patience.abort()
    await exited
  }
  const force = (): void => void child.kill(forceSignal)
  return { name, pid: child.pid, exited, ended: () => ended, lastLines: () => [...kept], stop, force }
}

function howItEnded(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exit code ${code ?? 'unknown'}` : signal
}

/** Asks `probe` until it says yes. Gives undefined then, or why it never will: the process ended, or the time is over. */
export async function whenReady(
  service: Service,
  probe: () => Promise<boolean>,
  limitMs: number,
): Promise<string | undefined> {
  const deadline = Date.now() + limitMs
  while (Date.now() < deadline) {
    if (await probe()) return undefined
    const ended = service.ended()
    if (ended !== undefined) {
      await service.exited
      return ended
    }
    await sleep(100)
  }
  return `no answer within ${limitMs / 1000} s`
}

/** The last lines a process printed, indented under a message. */
export function tail(service: Service): string {
  const lines = service
    .lastLines()
    .filter((line) => line.trim() !== '')
    .map(readable)
  return lines.length === 0 ? '' : ` Its last lines:\n${lines.map((line) => `    ${line}`).join('\n')}`
}
