import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it, onTestFinished } from 'vitest'
import { environments } from '../../../stack/environment.ts'
import { checkout } from '../../../stack/launcher/cache.mjs'
import { takeDataFolder } from '../../../stack/lock.ts'
import { readable } from '../../../stack/log-line.ts'
import { checkPort, freeDoors, freePort } from '../../../stack/ports.ts'
import { developmentSecrets } from '../../../stack/secrets.ts'
import { DOORS, PORTS, readSettings } from '../../../stack/settings.ts'
import { folderForTest } from './folders.ts'

describe('the data folder', () => {
  it('belongs to one process at a time, and to the next one after a crash', { timeout: 30_000 }, async () => {
    const folder = folderForTest()
    const script = join(folderForTest(), 'holder.ts')
    const lock = join(checkout, 'stack', 'lock.ts')
    writeFileSync(
      script,
      `import { takeDataFolder } from '${lock}'\nconst held = takeDataFolder('${folder}')\nconsole.log('held')\nsetInterval(() => held, 1e3)\n`,
    )
    const holder = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'ignore'] })
    onTestFinished(() => void holder.kill('SIGKILL'))
    await once(createInterface({ input: holder.stdout }), 'line')
    expect(() => takeDataFolder(folder)).toThrow(
      `Holdfast is already running on ${folder} (pid ${holder.pid}); stop it, or use other data with HOLDFAST_HOME and other ports.`,
    )
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    const ours = takeDataFolder(folder)
    ours.release()
    takeDataFolder(folder).release()
  })

  it('says so when it cannot be written to', () => {
    expect(() => takeDataFolder('/dev/null/data')).toThrow(/^The data folder .* choose another with HOLDFAST_HOME\.$/)
  })

  it('keeps secrets made once, for the owner only', () => {
    const folder = folderForTest()
    const made = developmentSecrets(folder)
    expect(made.paymentWebhookSecret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(developmentSecrets(folder)).toEqual(made)
    expect(statSync(join(folder, 'secrets.json')).mode & 0o777).toBe(0o600)
    writeFileSync(join(folder, 'secrets.json'), '{"paymentWebhookSecret": "guess"}')
    expect(() => developmentSecrets(folder)).toThrow(/is damaged; delete it/)
  })
})

describe('a port', () => {
  it('that is taken is named with its holder and the variable that changes it', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const check = checkPort({ port, what: 'API', variable: 'PORT' })
    await expect(check).rejects.toThrow(
      new RegExp(
        `^Port ${port} \\(API\\) is taken by .*; stop it or choose another one with PORT, as in: PORT=\\d+ npm start$`,
      ),
    )
  })

  it('that is free passes', async () => {
    await expect(checkPort({ port: await freePort(), what: 'API', variable: 'PORT' })).resolves.toBeUndefined()
  })
})

describe('F-07 the doors of `npm start -- --doors`', () => {
  const { ports: usual } = readSettings({})

  it('are at the ports that their documents name, and the others at ports of our choice', () => {
    const at = Object.fromEntries(DOORS.map((name) => [name, usual[name]]))
    expect(at).toEqual({ tutoring: 8003, clinic: 8001, ticketing: 8004, venue: 8002, course: 50_051 })
  })

  it('go elsewhere where something else listens, and say where; one that was asked for is there or nowhere', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port: taken } = server.address() as { port: number }
    const free = await Promise.all(DOORS.map(() => freePort()))
    const ports = { ...usual, ...Object.fromEntries(DOORS.map((name, index) => [name, free[index]])) }
    for (const name of DOORS) {
      const { [name]: moved, ...others } = await freeDoors({}, { ...ports, [name]: taken })
      const scheme = (each: string) => (each === 'course' ? 'grpc' : 'http')
      expect(moved).toMatch(new RegExp(`^${scheme(name)}://localhost:\\d+$`))
      expect(moved).not.toContain(String(taken))
      expect(others).toEqual(
        Object.fromEntries(
          DOORS.filter((each) => each !== name).map((each) => [each, `${scheme(each)}://localhost:${ports[each]}`]),
        ),
      )
      const { variable } = PORTS[name]
      const asked = freeDoors({ [variable]: String(taken) }, { ...ports, [name]: taken })
      await expect(asked).rejects.toThrow(`Port ${taken} (door for ${name} clients) is taken by`)
    }
  })
})

describe('the settings', () => {
  const secrets = { paymentWebhookSecret: 'whsec_made' }
  const urls = {
    api: 'http://localhost:3000',
    sandbox: undefined,
    temporalUi: undefined,
    temporalAddress: 't:1',
    databaseUrl: 'postgresql://d',
  }

  it('have a port for everything, and name a bad one', () => {
    expect(readSettings({ PORT: '' }).ports).toMatchObject({ api: 3000, postgres: 5439, temporal: 7233 })
    expect(() => readSettings({ SANDBOX_PORT: '70000' })).toThrow('SANDBOX_PORT must be a port number')
  })

  it('start the sandbox unless all it plays is somebody else’s', () => {
    expect(readSettings({ PAYMENT_SERVICE_URL: 'http://pay.example' }).sandboxNeeded).toBe(true)
    const others = ['PAYMENT', 'PRICING', 'CATALOG', 'DIRECTORY', 'MEETING'].map((name) => [
      `${name}_SERVICE_URL`,
      'http://x',
    ])
    const all = { ...Object.fromEntries(others), AUTH_ISSUER: 'x', AUTH_JWKS_URL: 'x' }
    expect(readSettings(all).sandboxNeeded).toBe(false)
  })

  it('O-03 ask the sandbox over gRPC about users and courses, while there is a sandbox', () => {
    const { api, sandbox } = environments(
      { SANDBOX_GRPC_PORT: '4003' },
      readSettings({ SANDBOX_GRPC_PORT: '4003' }),
      secrets,
      urls,
    )
    expect(api).toMatchObject({
      USER_SERVICE_URL: 'grpc://127.0.0.1:4003',
      COURSE_SERVICE_URL: 'grpc://127.0.0.1:4003',
    })
    expect(sandbox).toMatchObject({ SANDBOX_GRPC_PORT: '4003' })
    const without = environments({}, { ...readSettings({}), sandboxNeeded: false }, secrets, urls)
    expect(without.worker).not.toHaveProperty('COURSE_SERVICE_URL')
  })

  it('K-07 have no relay unless a broker is asked for, or named', () => {
    expect(readSettings({ KAFKA_BROKERS: '' })).toMatchObject({ relayNeeded: false, kafkaBrokers: undefined })
    expect(readSettings({}, { kafka: true })).toMatchObject({ relayNeeded: true, kafkaBrokers: undefined })
    const named = { KAFKA_BROKERS: 'kafka.example:9092' }
    expect(readSettings(named)).toMatchObject({ relayNeeded: true, kafkaBrokers: 'kafka.example:9092' })
    expect(environments({}, readSettings({}), secrets, urls).worker).not.toHaveProperty('KAFKA_BROKERS')
    const started = environments({}, readSettings({}, { kafka: true }), secrets, {
      ...urls,
      kafkaBrokers: '127.0.0.1:9092',
    })
    expect(started.relay).toMatchObject({ KAFKA_BROKERS: '127.0.0.1:9092', RELAY_METRICS_PORT: '9465' })
  })

  it('let what is set in the environment win', () => {
    const env = { PAYMENT_SERVICE_URL: 'http://pay.example', PAYMENT_WEBHOOK_SECRET: '', TASK_QUEUE: 'mine' }
    const { api, worker, sandbox } = environments(env, readSettings(env), secrets, urls)
    expect(api).toMatchObject({
      PAYMENT_SERVICE_URL: 'http://pay.example',
      PRICING_SERVICE_URL: 'http://127.0.0.1:3001',
      PAYMENT_WEBHOOK_SECRET: 'whsec_made',
      AUTH_JWKS_URL: 'http://127.0.0.1:3001/.well-known/jwks.json',
      DATABASE_URL: 'postgresql://d',
      TASK_QUEUE: 'mine',
    })
    expect(worker).toMatchObject({ METRICS_PORT: '9464', TEMPORAL_ADDRESS: 't:1' })
    expect(sandbox).not.toHaveProperty('DATABASE_URL')
  })
})

describe('a log line', () => {
  it('in JSON is shown for people, and any other as it is', () => {
    const time = new Date('2026-01-01T10:20:30').getTime()
    const line = JSON.stringify({ level: 40, time, pid: 1, hostname: 'h', msg: 'slow', ms: 900, route: '/bookings' })
    expect(readable(line)).toBe('10:20:30 WARN slow ms=900 route=/bookings')
    expect(readable('plain')).toBe('plain')
    expect(readable('{broken')).toBe('{broken')
  })
})
