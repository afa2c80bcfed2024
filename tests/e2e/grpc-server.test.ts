import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:http2'
import {
  type ChannelCredentials,
  credentials,
  makeGenericClientConstructor,
  Metadata,
  type Client,
  type ServiceError,
} from '@grpc/grpc-js'
import { service as healthService } from 'grpc-health-check'
import { Client as PostgresClient } from 'pg'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { createApp } from '../../api/app.ts'
import { startGrpc } from '../../api/grpc/server.ts'
import { BadConfiguration, readConfig } from '../../config.ts'
import { eventually } from '../support/eventually.ts'
import { grpcAs, refusalOf, type GrpcCaller } from '../support/grpc.ts'
import { openWorld, type World } from '../support/world.ts'

const LIMIT = 20

let world: World
let ada: GrpcCaller
beforeAll(async () => {
  world = await openWorld({
    worker: false,
    environment: { GRPC_DEADLINE_MS: '1500', RATE_LIMIT_PER_MINUTE: String(LIMIT) },
  })
  ada = await grpcAs(world, 'customer', 'ada')
})
afterAll(() => world.close())

/** While `operation` runs, whoever looks at the bookings waits. */
function whileBookingsWait(operation: () => Promise<void>): Promise<void> {
  return world.parts.database.$transaction(
    async (locked) => {
      await locked.$executeRaw`LOCK TABLE bookings IN ACCESS EXCLUSIVE MODE`
      await operation()
    },
    { timeout: 20_000 },
  )
}

async function healthAt(address: string, channel: ChannelCredentials = credentials.createInsecure()): Promise<string> {
  const Health = makeGenericClientConstructor(healthService, 'health')
  const health = new Health(address, channel)
  const check = health['check'] as (
    request: object,
    answered: (error: Error | null, answer?: { status: string }) => void,
  ) => void
  try {
    return await new Promise((resolve, reject) => {
      check.call(health, { service: '' }, (error, answer) =>
        answer === undefined ? reject(error!) : resolve(answer.status),
      )
    })
  } finally {
    ;(health as unknown as Client).close()
  }
}

describe('the gRPC server', () => {
  test('N-75 ends connections that nobody uses, and those that got old, so that probes that hang up leave nothing behind', async () => {
    const app = createApp(world.parts)
    const long = { 'grpc.max_connection_idle_ms': 600_000, 'grpc.max_connection_age_ms': 600_000 }
    const usual = { ...long, 'grpc.max_connection_age_grace_ms': 100 }
    const alive = { 'grpc.keepalive_time_ms': 60_000, 'grpc.keepalive_timeout_ms': 20_000 }
    for (const more of [{ 'grpc.max_connection_idle_ms': 300 }, { 'grpc.max_connection_age_ms': 300 }]) {
      const connections = { ...usual, ...alive, ...more }
      const server = await startGrpc(world.parts, { app, registry: new Registry(), connections })
      const session = connect(`http://127.0.0.1:${server.port}`)
      const began = Date.now()
      await new Promise<void>((resolve, reject) => {
        session.on('close', resolve)
        session.on('error', reject)
      })
      expect(Date.now() - began).toBeLessThan(10_000)
      await server.stop()
    }
  })

  test('N-54 takes no text that is no UTF-8, and puts nothing in its place', async () => {
    const address = await world.grpc()
    const serialize = (bytes: Buffer) => bytes
    const Raw = makeGenericClientConstructor(
      {
        get: {
          path: '/holdfast.v1.BookingService/Get',
          requestStream: false,
          responseStream: false,
          requestSerialize: serialize,
          requestDeserialize: serialize,
          responseSerialize: serialize,
          responseDeserialize: serialize,
        },
      },
      'raw',
    )
    const client = new Raw(address, credentials.createInsecure())
    const { body } = await world.service.post<{ access_token: string }>('/oauth/token', {
      sub: 'raw',
      role: 'operator',
    })
    const metadata = new Metadata()
    metadata.set('authorization', `Bearer ${body.access_token}`)
    const ask = client['get'] as (
      message: Buffer,
      metadata: Metadata,
      done: (error: ServiceError | null) => void,
    ) => void
    const detailsOf = (id: number[]) =>
      new Promise((resolve) => {
        ask.call(client, Buffer.from([0x0a, id.length, ...id]), metadata, (error) => resolve(error?.details))
      })
    expect(await detailsOf([0xff, 0xfe])).toBe('The message cannot be read.')
    expect(await detailsOf([0x61])).not.toBe('The message cannot be read.')
    client.close()
  })

  test('O-05 gives a deadline to a caller who has none', async () => {
    await whileBookingsWait(async () => {
      expect(await refusalOf(ada.bookings.find({}))).toMatchObject({
        status: 'DEADLINE_EXCEEDED',
        message: 'No answer within 1500 ms.',
      })
    })
    expect(await ada.bookings.find({})).toMatchObject({ bookings: [] })
  })

  test('O-05 A-35 counts a caller’s requests together with those over HTTP, and says when to come back', async () => {
    const [eve, eveOverHttp] = [await grpcAs(world, 'customer', 'eve'), await world.as('customer', 'eve')]
    for (let request = 0; request < LIMIT; request += 2) {
      await eve.bookings.find({})
      await eveOverHttp.get('/bookings')
    }
    const refusal = await refusalOf(eve.bookings.find({}))
    expect(refusal).toMatchObject({ status: 'RESOURCE_EXHAUSTED', code: 'rate_limited' })
    expect(refusal.retryAfter).toBeGreaterThan(0)
    expect(refusal.retryAfter).toBeLessThanOrEqual(60)
  })

  test('O-05 refuses messages that are too large unread', async () => {
    const notes = 'x'.repeat(300_000)
    expect(await refusalOf(ada.bookings.create({ profile: 'course', notes }))).toMatchObject({
      status: 'RESOURCE_EXHAUSTED',
      code: null,
    })
  })

  test('O-05 A-22 does not say that it serves while the database is away', async () => {
    const address = await world.grpc()
    expect(await healthAt(address)).toBe('SERVING')
    const name = new URL(world.config.DATABASE_URL).pathname.slice(1)
    const server = new PostgresClient({ connectionString: inject('shared').postgresUrl })
    await server.connect()
    try {
      await server.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`)
      await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name])
      await eventually(async () => expect(await healthAt(address)).toBe('NOT_SERVING'))
      expect(await refusalOf(ada.bookings.find({}))).toMatchObject({
        status: 'UNAVAILABLE',
        code: 'unavailable',
        retryAfter: 2,
      })
    } finally {
      await server.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`)
      await server.end()
    }
    await eventually(async () => expect(await healthAt(address)).toBe('SERVING'))
  })

  test('O-05 answers what is under way when it stops, and nobody after that', async () => {
    const parts = { ...world.parts, config: { ...world.config, GRPC_DEADLINE_MS: 20_000 } }
    const grpc = await startGrpc(parts, { app: createApp(parts), registry: new Registry() })
    const there = { ...world, grpc: () => Promise.resolve(`127.0.0.1:${grpc.port}`) }
    const bob = await grpcAs(there, 'customer', 'bob')
    await bob.bookings.find({})
    let asked: Promise<unknown> | undefined
    let stopped: Promise<void> | undefined
    await whileBookingsWait(async () => {
      asked = bob.bookings.find({})
      // It has come when the database has it waiting.
      await eventually(async () => {
        const waiting = await world.parts.database.$queryRaw<object[]>`
          SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
        expect(waiting).toHaveLength(1)
      })
      stopped = grpc.stop()
    })
    expect(await asked).toMatchObject({ bookings: [] })
    await stopped
    expect(await refusalOf(bob.bookings.find({}, { deadlineMs: 2000 }))).toMatchObject({ status: 'UNAVAILABLE' })
  })

  test('O-05 O-07 writes a line about each call, and of its caller nothing', async () => {
    const lines: string[] = []
    const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(line) })
    const parts = { ...world.parts, log }
    const grpc = await startGrpc(parts, { app: createApp(parts), registry: new Registry() })
    const zoe = await grpcAs({ ...world, grpc: () => Promise.resolve(`127.0.0.1:${grpc.port}`) }, 'customer', 'zoe')
    await zoe.bookings.find({ customer_id: 'zoe' })
    await refusalOf(zoe.bookings.find({ reference: 'EVT-ZOE' }))
    const told = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ method }) => method !== undefined)
    expect(told).toMatchObject([
      { level: 20, method: '/holdfast.v1.BookingService/Find', code: 'OK', ms: expect.any(Number) as number },
      { level: 20, method: '/holdfast.v1.BookingService/Find', code: 'NOT_FOUND' },
    ])
    expect(lines.join('')).not.toMatch(/zoe|Bearer|EVT/i)
    await grpc.stop()
  })

  const isThere = spawnSync('openssl', ['version']).status === 0
  test.skipIf(!isThere)('O-05 speaks TLS when it has a certificate (needs openssl)', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-tls-'))
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert]
    expect(spawnSync('openssl', [...made, ...names]).status).toBe(0)
    const parts = { ...world.parts, config: { ...world.config, GRPC_TLS_CERT: cert, GRPC_TLS_KEY: key } }
    const grpc = await startGrpc(parts, { app: createApp(parts), registry: new Registry() })
    const address = `localhost:${grpc.port}`
    expect(await healthAt(address, credentials.createSsl(readFileSync(cert)))).toBe('SERVING')
    await expect(healthAt(address)).rejects.toThrow(/UNAVAILABLE/)
    await grpc.stop()
    rmSync(folder, { recursive: true })
  })

  test('O-05 is not started in the clear by a certificate without its key, nor on a port that is taken', async () => {
    const environment = Object.fromEntries(Object.entries(world.config).map(([name, value]) => [name, String(value)]))
    expect(() => readConfig({ ...environment, GRPC_TLS_CERT: 'cert.pem' })).toThrow(BadConfiguration)
    const taken = Number((await world.grpc()).split(':')[1])
    const parts = { ...world.parts, config: { ...world.config, GRPC_PORT: taken } }
    await expect(startGrpc(parts, { app: createApp(parts), registry: new Registry() })).rejects.toThrow(/EADDRINUSE/)
  })
})
