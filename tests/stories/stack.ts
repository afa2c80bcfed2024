import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { TestProject } from 'vitest/node'
import { checkout } from '../../stack/launcher/cache.mjs'
import { leash } from '../../stack/leash.ts'
import { ownPorts } from '../../stack/ports.ts'
import { freePort } from '../support/ports.ts'
import type { StackUrls } from '../../stack/settings.ts'

/** Where the stack of the stories is, as `npm start` itself says. */
export type Stack = StackUrls & { readonly sandbox: string; readonly grpcPort: number }

declare module 'vitest' {
  interface ProvidedContext {
    stack: Stack
  }
}

const STARTS_WITHIN_MS = 120_000

/** Runs what `npm start -- --doors` runs, with data and ports of its own, for all stories; stops it whatever happens. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-stories-'))
  const ports = await ownPorts(freePort)
  const env = { ...process.env, ...ports, HOLDFAST_HOME: home, LOG_LEVEL: 'warn' }
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
  const stack = spawn(process.execPath, ['stack/start.ts', '--doors'], { cwd: checkout, env, stdio })
  let said = ''
  for (const stream of [stack.stdout, stack.stderr]) stream.on('data', (chunk) => (said = (said + chunk).slice(-4000)))
  const release = stack.pid === undefined ? () => undefined : leash(stack.pid, 'SIGTERM')
  const ended = once(stack, 'exit').then(release)
  const stop = async () => {
    stack.kill('SIGTERM')
    await ended
    await rm(home, { recursive: true, force: true })
  }
  try {
    const running = join(home, 'running.json')
    const deadline = Date.now() + STARTS_WITHIN_MS
    while (!existsSync(running)) {
      if (stack.exitCode !== null || Date.now() > deadline) throw new Error(`npm start did not come up:\n${said}`)
      await setTimeout(100)
    }
    const urls = JSON.parse(readFileSync(running, 'utf8')) as StackUrls
    if (urls.sandbox === undefined) throw new Error('the stories need the sandbox')
    project.provide('stack', { ...urls, sandbox: urls.sandbox, grpcPort: Number(ports.GRPC_PORT) })
    return stop
  } catch (error) {
    await stop()
    throw error
  }
}
