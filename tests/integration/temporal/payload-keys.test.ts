import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BadConfiguration } from '../../../config.ts'
import { wire } from '../../../runtime/wire.ts'
import { eventually } from '../../support/eventually.ts'
import { openWorld, type World } from '../../support/world.ts'

const key = (name: string) => `${name}:${randomBytes(32).toString('base64')}`
const [OLD, NEW, OLD_AGAIN] = [key('old'), key('new'), key('old')]

describe('N-77 a process starts only with the payload keys that are still needed', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld({ worker: false, environment: { PAYLOAD_KEYS: OLD, WEBHOOK_ALLOW_PRIVATE: '127.0.0.1' } })
  })
  afterAll(() => world?.close({ replay: false }))

  /** How a process with these keys starts: what it refuses with, or null. */
  async function startWith(keys: string | undefined): Promise<string | null> {
    const { PAYLOAD_KEYS: _, ...config } = world.config
    try {
      const parts = await wire({ ...config, ...(keys !== undefined && { PAYLOAD_KEYS: keys }) }, 'other')
      await parts.close()
      return null
    } catch (error) {
      if (error instanceof BadConfiguration) return error.message
      throw error
    }
  }

  test('while a run is open that was begun when the old one encrypted', async () => {
    const { temporal, config } = world.parts
    const run = await temporal.workflow.start('nobodyRunsIt', { taskQueue: config.TASK_QUEUE, workflowId: 'held' })
    const needed = 'the key old, which 1 open runs need. Put it back behind the others, as docs/runbook.md says.'
    await eventually(async () => expect(await startWith(NEW)).toBe(`PAYLOAD_KEYS lacks ${needed}`))
    expect(await startWith(undefined)).toBe(`PAYLOAD_KEYS lacks ${needed}`)
    expect(await startWith(`${NEW},${OLD_AGAIN}`)).toBe(`PAYLOAD_KEYS has another secret for ${needed}`)
    expect(await startWith(`${NEW},${OLD}`)).toBeNull()
    await run.terminate()
    await eventually(async () => expect(await startWith(NEW)).toBeNull())
  })

  test('while the secret of a webhook endpoint is encrypted with it', async () => {
    const ada = await world.as('customer', 'ada')
    const body = { url: 'http://127.0.0.1:9/hooks' }
    const made = await ada.post('/webhook-endpoints', body, { 'idempotency-key': 'endpoint' })
    expect(made).toMatchObject({ status: 201 })
    expect(await startWith(NEW)).toBe(
      'PAYLOAD_KEYS lacks the key old, which secrets of webhook endpoints need. Put it back behind the others, as docs/runbook.md says.',
    )
    const { id } = made.body as { id: string }
    expect((await ada.delete(`/webhook-endpoints/${id}`)).status).toBe(200)
    expect(await startWith(NEW)).toBeNull()
  })
})
