import { execFile } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { basename } from 'node:path'
import { promisify } from 'node:util'
import { Failure } from './launcher/tool.mjs'
import { commandLine } from './pids.ts'
import { DOORS, PORTS, type Settings } from './settings.ts'

/** A port, what would listen there for people, and the variable that changes it. */
type PortUse = { port: number; what: string; variable: string }

/** A port of 127.0.0.1 that nobody uses now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

// Below the ports that Linux, macOS and Windows hand out to clients.
const lasting = { from: 20_000, to: 32_000 }

/**
 * A port of 127.0.0.1 that nobody uses now and that no client is given by chance, so that a server which was killed finds it
 * free when it comes back.
 */
export async function lastingPort(): Promise<number> {
  for (;;) {
    const port = randomInt(lasting.from, lasting.to)
    if ((await tryListen(port, '127.0.0.1')) === undefined) return port
  }
}

/** Ports for a stack beside others, by the variables that say them: all that a stack can have, no two alike. */
export async function ownPorts(free = lastingPort): Promise<Record<string, string>> {
  const taken = new Set<number>()
  while (taken.size < Object.keys(PORTS).length) taken.add(await free())
  const found = [...taken]
  return Object.fromEntries(Object.values(PORTS).map(({ variable }, index) => [variable, String(found[index])]))
}

/** Fails with one sentence when the port cannot be listened on: who holds it, if that can be told, and what changes it. */
export async function checkPort({ port, what, variable }: PortUse): Promise<void> {
  // Something may listen on one address only, so both kinds are tried.
  for (const host of ['127.0.0.1', '0.0.0.0', '::']) {
    const code = await tryListen(port, host)
    const wayOut = `choose another one with ${variable}, as in: ${variable}=${port + 100} npm start`
    if (code === 'EACCES') throw new Failure(`Port ${port} (${what}) may not be used by this user; ${wayOut}`)
    if (code !== 'EADDRINUSE') continue
    const holder = await whoListens(port)
    const by = holder === undefined ? 'by another process' : `by ${holder}`
    throw new Failure(`Port ${port} (${what}) is taken ${by}; stop it or ${wayOut}`)
  }
}

function tryListen(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

const run = promisify(execFile)

/** "program (pid 123)" of the process that listens on a port, or undefined when no tool here can tell. */
async function whoListens(port: number): Promise<string | undefined> {
  const lsof = await run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fp']).catch(() => undefined)
  const ss = lsof ? undefined : await run('ss', ['-Hltnp', `sport = :${port}`]).catch(() => undefined)
  const pid = Number(/^p(\d+)/m.exec(lsof?.stdout ?? '')?.[1] ?? /pid=(\d+)/.exec(ss?.stdout ?? '')?.[1])
  if (Number.isNaN(pid)) return undefined
  const [program = '', ...args] = (commandLine(pid) ?? '').trim().split(' ')
  const script = args.find((arg) => !arg.startsWith('-')) ?? ''
  const name = `${basename(program)} ${program.endsWith('node') ? script : ''}`.trim()
  return name === '' ? `the process ${pid}` : `${name} (pid ${pid})`
}

/**
 * A URL for each door: at its usual port, or at another one where something else listens there. One that was asked for by its variable is that one or
 * a Failure.
 */
export async function freeDoors(env: NodeJS.ProcessEnv, ports: Settings['ports']): Promise<Record<string, string>> {
  const urls: Record<string, string> = {}
  for (const name of DOORS) {
    const use = { ...PORTS[name], port: ports[name] }
    if (env[use.variable]) await checkPort(use)
    const isFree = (await tryListen(use.port, '127.0.0.1')) === undefined
    const scheme = name === 'course' ? 'grpc' : 'http'
    urls[name] = `${scheme}://localhost:${isFree ? use.port : await lastingPort()}`
  }
  return urls
}
