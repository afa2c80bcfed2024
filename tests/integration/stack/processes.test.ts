import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { startChild } from '../../../stack/children.ts'
import { checkout } from '../../../stack/launcher/cache.mjs'
import { isAlive } from '../../../stack/pids.ts'
import { freePort } from '../../../stack/ports.ts'
import { startService, type Service } from '../../../stack/service.ts'
import { supervise } from '../../../stack/supervisor.ts'
import { folderForTest } from './folders.ts'

const limitMs = 30_000

async function nodeService(script: string, graceMs = 5000): Promise<Service> {
  const service = await startService({
    name: 'example',
    command: process.execPath,
    args: ['-e', script],
    onLine: () => undefined,
    graceMs,
  })
  onTestFinished(() => service.force())
  return service
}

async function saying(service: Service, line: string): Promise<void> {
  await vi.waitFor(() => expect(service.lastLines()).toContain(line), { timeout: 10_000 })
}

describe('a supervised process', { timeout: limitMs }, () => {
  it('stops on SIGTERM, and on SIGKILL when it will not', async () => {
    const polite = await nodeService(
      `process.on('SIGTERM', () => process.exit(3)); setInterval(() => 0, 1e3); console.log('up')`,
    )
    const stubborn = await nodeService(
      `process.on('SIGTERM', () => 0); setInterval(() => 0, 1e3); console.log('up')`,
      300,
    )
    await Promise.all([saying(polite, 'up'), saying(stubborn, 'up')])
    await Promise.all([polite.stop(), stubborn.stop()])
    expect([polite.ended(), stubborn.ended()]).toEqual(['exit code 3', 'SIGKILL'])
  })

  it('takes the stack down, with its last lines, when it dies unasked', async () => {
    const supervisor = supervise()
    const other = await nodeService('setInterval(() => 0, 1e3)')
    const dying = await nodeService(`console.error('out of memory'); process.exit(7)`)
    supervisor.adopt(other, 'service')
    supervisor.adopt(dying, 'product')
    supervisor.guard(dying)
    const { message } = await supervisor.failed
    expect(message).toBe('example stopped unexpectedly (exit code 7). Its last lines:\n    out of memory')
    await supervisor.stopAll()
    expect(other.ended()).toBe('SIGTERM')
    expect(() => supervisor.adopt(other, 'service')).toThrow('Stopped while starting.')
  })

  it('ends when the one who started it is killed with -9', async () => {
    const starter = join(folderForTest(), 'starter.ts')
    const service = join(checkout, 'stack', 'service.ts')
    const options = `{ name: 'x', command: process.execPath, args: ['-e', 'setInterval(() => 0, 1e3)'], onLine: () => 0 }`
    writeFileSync(
      starter,
      `import { startService } from '${service}'\nconsole.log((await startService(${options})).pid)\n`,
    )
    const parent = spawn(process.execPath, [starter], { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void parent.kill('SIGKILL'))
    const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string]
    expect(isAlive(Number(line))).toBe(true)
    parent.kill('SIGKILL')
    await vi.waitFor(() => expect(isAlive(Number(line))).toBe(false), { timeout: 10_000 })
  })

  it('is ready when its address answers, and says why it never will be', async () => {
    const folder = folderForTest()
    const good = join(folder, 'good.ts')
    const bad = join(folder, 'bad.ts')
    writeFileSync(
      good,
      `import { createServer } from 'node:http'\ncreateServer((_, r) => r.end('ok')).listen(process.env.PORT, '127.0.0.1')\n`,
    )
    writeFileSync(bad, `console.error('DATABASE_URL is missing'); process.exit(1)\n`)
    const port = String(await freePort())
    const options = {
      env: { ...process.env, PORT: port },
      readyUrl: `http://127.0.0.1:${port}/ready`,
      onLine: () => undefined,
    }
    const up = await startChild({ ...options, name: 'good', file: good })
    onTestFinished(() => up.service.stop())
    await expect(up.ready).resolves.toBeUndefined()
    const elsewhere = `http://127.0.0.1:${await freePort()}/ready`
    const down = await startChild({ ...options, name: 'bad', file: bad, readyUrl: elsewhere })
    await expect(down.ready).rejects.toThrow(
      'bad did not start (exit code 1). Its last lines:\n    DATABASE_URL is missing',
    )
  })
})
