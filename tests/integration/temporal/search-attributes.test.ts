import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { Client, Connection } from '@temporalio/client'
import proto from '@temporalio/proto'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { BadConfiguration } from '../../../config.ts'
import { registerSearchAttributes, requireSearchAttributes } from '../../../temporal/search-attributes.ts'
import { ATTRIBUTES } from '../../../workflows/search-attributes.ts'
import { hold } from '../../support/booking.ts'
import { eventually } from '../../support/eventually.ts'
import { offerSlots } from '../../support/offers.ts'
import { openWorld } from '../../support/world.ts'

const NAMES = Object.values(ATTRIBUTES).map(({ name }) => name)
const KEYWORD = 2
const ONE_DAY = proto.google.protobuf.Duration.fromObject({ seconds: 86_400 })

let client: Client
beforeAll(async () => {
  client = new Client({ connection: await Connection.connect({ address: inject('shared').temporalAddress }) })
})
afterAll(() => client.connection.close())

/** A namespace without search attributes, once the server knows of it. */
async function bareNamespace() {
  const namespace = `bare-${randomUUID()}`
  const { workflowService } = client.connection
  await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: ONE_DAY })
  const where = { TEMPORAL_ADDRESS: inject('shared').temporalAddress, TEMPORAL_NAMESPACE: namespace }
  await eventually(() => workflowService.listWorkflowExecutions({ namespace }), 30)
  return where
}

/** Runs a program of ours against a Temporal namespace; answers with what it said. */
async function run(file: string, environment: object): Promise<{ code: number; stdout: string; stderr: string }> {
  const path = fileURLToPath(new URL(`../../../${file}`, import.meta.url))
  const env = { PATH: process.env['PATH'], ...environment } as NodeJS.ProcessEnv
  const args = ['--disable-warning=ExperimentalWarning', path]
  return promisify(execFile)(process.execPath, args, { env, timeout: 60_000 }).then(
    (said) => ({ code: 0, ...said }),
    (failed: { code: number; stdout: string; stderr: string }) => failed,
  )
}

describe('npm run search-attributes', () => {
  test('adds those that are missing, once, and leaves room: ten keywords and three datetimes fit into SQL visibility', async () => {
    const where = await bareNamespace()
    await expect(requireSearchAttributes(where)).rejects.toThrow(
      'Temporal lacks the search attributes BookingStatus (Keyword), ',
    )
    const program = 'temporal/search-attributes-main.ts'
    expect((await run(program, where)).stdout).toBe(`Added: ${NAMES.join(', ')}\n`)
    expect((await run(program, where)).stdout).toBe('Temporal has all search attributes.\n')
    expect(await registerSearchAttributes(where)).toEqual([])
    await requireSearchAttributes(where)

    const types = Object.values(ATTRIBUTES).map(({ type }) => type)
    expect(types.filter((type) => type === 'KEYWORD').length).toBeLessThanOrEqual(10)
    expect(types.filter((type) => type === 'DATETIME').length).toBeLessThanOrEqual(3)
    expect(types.filter((type) => type === 'KEYWORD_LIST').length).toBeLessThanOrEqual(3)
  })

  test('says so when there is one of another type, and changes nothing', async () => {
    const where = await bareNamespace()
    const namespace = where.TEMPORAL_NAMESPACE
    const { operatorService } = client.connection
    await operatorService.addSearchAttributes({ namespace, searchAttributes: { BookingStart: KEYWORD } })
    const refused = registerSearchAttributes(where)
    await expect(refused).rejects.toThrow(BadConfiguration)
    await expect(refused).rejects.toThrow('of another type in namespace')
    const { code, stderr } = await run('temporal/search-attributes-main.ts', where)
    expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: 1, lines: 1 })
    await expect(requireSearchAttributes(where)).rejects.toThrow('BookingStart (Datetime)')
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace })
    expect(Object.keys(customAttributes)).toEqual(['BookingStart'])
  })
})

describe('a Temporal that lets nobody add search attributes, as Temporal Cloud does not', () => {
  test('is told of with the command that does it, and a worker takes it at its word', async () => {
    // It knows no method of the operators' service.
    const server = new Server()
    onTestFinished(() => server.forceShutdown())
    const port = await promisify(server.bindAsync.bind(server))('127.0.0.1:0', ServerCredentials.createInsecure())
    const where = { TEMPORAL_ADDRESS: `127.0.0.1:${port}`, TEMPORAL_NAMESPACE: 'ours.a1b2c' }
    await expect(registerSearchAttributes(where)).rejects.toThrow(
      /tcld namespace search-attributes add --namespace ours\.a1b2c --sa "BookingStatus=Keyword" .*--sa "BookingOffering=KeywordList"/,
    )
    await requireSearchAttributes(where)
  })
})

describe('where the search attributes are missing', () => {
  test('a worker does not start and says what to run, nothing can be booked and nothing is taken; the same request is a booking once they are there (A-30)', async () => {
    const where = await bareNamespace()
    const world = await openWorld({ environment: { TEMPORAL_NAMESPACE: where.TEMPORAL_NAMESPACE } })
    try {
      const ada = await world.as('customer', 'ada')
      const [order, key] = [(await offerSlots(world)).order(), { 'idempotency-key': randomUUID() }]
      expect(await ada.post('/bookings', order, key)).toMatchObject({ status: 503, body: { code: 'unavailable' } })
      expect(await world.parts.database.booking.count()).toBe(0)
      const worker = await run('worker.ts', texts(world.config))
      expect(worker).toMatchObject({ code: 1, stdout: '' })
      expect(worker.stderr).toMatch(/^Temporal lacks the search attributes .* run `npm run search-attributes` .*\n$/)
      await registerSearchAttributes(where)
      expect(await hold(ada, order, key)).toMatchObject({ status: 'pending' })
    } finally {
      await world.close()
    }
  })
})

function texts(config: object): Record<string, string> {
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, String(value)]))
}
