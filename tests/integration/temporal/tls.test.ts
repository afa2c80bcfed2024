import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { readTemporalConfig } from '../../../config.ts'
import { openTemporalClient } from '../../../temporal/connect.ts'
import { openWorkerConnection } from '../../../temporal/worker.ts'
import { hold, pay, until } from '../../support/booking.ts'
import { offerSlots } from '../../support/offers.ts'
import { makeCertificates, openTlsProxy, type Certificates, type TlsProxy } from '../../support/tls-proxy.ts'
import { startWorkerProcess, type WorkerProcess } from '../../support/worker-process.ts'
import { openWorld, type World } from '../../support/world.ts'

const API_KEY = 'a-key-of-temporal-cloud'
const SERVER_NAME = 'holdfast.tmprl.test'
const hasOpenssl = spawnSync('openssl', ['version']).status === 0

describe.skipIf(!hasOpenssl)('T-11 Temporal Cloud by configuration (needs openssl)', () => {
  let folder: string
  let certificates: Certificates
  let stranger: Certificates
  let proxy: TlsProxy
  let world: World
  let worker: WorkerProcess
  let environment: Record<string, string>
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-tls-'))
    const elsewhere = mkdtempSync(join(folder, 'elsewhere-'))
    certificates = await makeCertificates(folder, SERVER_NAME, 'holdfast')
    stranger = await makeCertificates(elsewhere, SERVER_NAME, 'a stranger')
    proxy = await openTlsProxy(inject('shared').temporalAddress, certificates, API_KEY)
    environment = {
      TEMPORAL_API_KEY: API_KEY,
      TEMPORAL_TLS_CLIENT_CERT_PATH: certificates.clientCert,
      TEMPORAL_TLS_CLIENT_KEY_PATH: certificates.clientKey,
      // The name from before Temporal had one.
      TEMPORAL_TLS_CA: certificates.ca,
      TEMPORAL_TLS_SERVER_NAME: SERVER_NAME,
    }
    world = await openWorld({ worker: false, temporal: proxy, environment })
    worker = await startWorkerProcess(world.config)
  })
  afterAll(async () => {
    await worker?.stop()
    await world?.close()
    await proxy?.close()
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  })

  test('T-11 N-76 a booking is made and paid with API and worker behind TLS, client certificate and API key', async () => {
    const ada = await world.as('customer', 'ada')
    const booking = await hold(ada, (await offerSlots(world)).order())
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed' })

    // The first is the client's, the other two are the worker's.
    for (const method of ['ExecuteMultiOperation', 'PollWorkflowTaskQueue', 'RespondWorkflowTaskCompleted']) {
      expect(proxy.seen).toContainEqual({
        method,
        authorization: `Bearer ${API_KEY}`,
        namespace: 'default',
        client: 'holdfast',
        protocol: 'h2',
      })
    }
    for (const { authorization, client } of proxy.seen) {
      expect([authorization, client]).toEqual([`Bearer ${API_KEY}`, 'holdfast'])
    }
  })

  test('T-11 nobody gets in with a strange certificate or key, and nobody is believed to be Temporal with a strange authority', async () => {
    const attempt = (change: Record<string, string>) => {
      const config = readTemporalConfig({ ...environment, TEMPORAL_ADDRESS: proxy.address, ...change })
      return Promise.allSettled([openTemporalClient(config), openWorkerConnection(config)])
    }
    const refused = await Promise.all([
      attempt({
        TEMPORAL_TLS_CLIENT_CERT_PATH: stranger.clientCert,
        TEMPORAL_TLS_CLIENT_KEY_PATH: stranger.clientKey,
      }),
      attempt({ TEMPORAL_TLS_CA: stranger.ca }),
      attempt({ TEMPORAL_TLS_SERVER_NAME: 'somebody-else.test' }),
      attempt({ TEMPORAL_API_KEY: 'another-key' }),
    ])
    expect(refused.flat().map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 'rejected'))
    expect(proxy.seen.filter(({ client }) => client !== 'holdfast')).toEqual([])
  })

  test('T-11 N-76 a certificate without its key stops the process by name', () => {
    const read = (more: object) => () => readTemporalConfig({ TEMPORAL_ADDRESS: proxy.address, ...more })
    expect(read({ TEMPORAL_TLS_CERT: 'c.pem' })).toThrow('TEMPORAL_TLS_CLIENT_KEY_PATH is not set')
    expect(read({ TEMPORAL_TLS_KEY: 'k.pem' })).toThrow('TEMPORAL_TLS_CLIENT_CERT_PATH is not set')
  })
})
