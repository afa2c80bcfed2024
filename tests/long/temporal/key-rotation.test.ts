import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { readConfig } from '../../../config.ts'
import { bookingWorkflows } from '../../../temporal/bookings.ts'
import { openTemporalClient } from '../../../temporal/connect.ts'
import { bundleWorkflows } from '../../../temporal/worker.ts'
import { hold, pay, until } from '../../support/booking.ts'
import type { Caller } from '../../support/caller.ts'
import { eventually } from '../../support/eventually.ts'
import { offerSlots, type Offer } from '../../support/offers.ts'
import { historyOf } from '../../support/replay.ts'
import { startWorkerProcess, type WorkerProcess } from '../../support/worker-process.ts'
import { openWorld, type World } from '../../support/world.ts'

const key = (name: string) => `${name}:${randomBytes(32).toString('base64')}`
const [OLD, NEW] = [key('old'), key('new')]
/** Workers are started and stopped again and again. */
vi.setConfig({ testTimeout: 120_000 })

describe('rotating a payload key, as the runbook says', () => {
  let folder: string
  let world: World
  let ada: Caller
  let clinic: Offer
  let worker: WorkerProcess | undefined
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-rotation-'))
    writeFileSync(join(folder, 'workflows.encrypted.js'), (await bundleWorkflows({ encrypted: true })).code)
    // The API is at the first step: it writes with the old key, and reads what either has written.
    world = await openWorld({ worker: false, environment: { PAYLOAD_KEYS: `${OLD},${NEW}` } })
    ada = await world.as('customer', 'ada')
    clinic = await offerSlots(world, { capacity: 5 })
  })
  afterAll(async () => {
    await worker?.stop()
    await world?.close({ replay: false })
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  })

  async function workWith(...keys: string[]): Promise<void> {
    await worker?.stop()
    worker = await startWorkerProcess(world.config, {
      PAYLOAD_KEYS: keys.join(','),
      WORKFLOW_BUNDLE: join(folder, 'workflows.js'),
    })
  }

  /** What an API with other keys would do. */
  async function cancelWith(keys: string, id: string): Promise<string> {
    const config = readConfig({ ...text(world), PAYLOAD_KEYS: keys })
    const client = await openTemporalClient(config)
    try {
      const by = { role: 'customer', id: 'ada' } as const
      return (await bookingWorkflows(client, config.TASK_QUEUE, 10_000).command(id, 'cancel', { by }, `cancel-${id}`))
        .status
    } finally {
      await client.connection.close()
    }
  }

  test('a booking that is open when the new key comes first goes on, and is read with both', async () => {
    await workWith(OLD, NEW)
    const booking = await hold(ada, clinic.order())
    expect(await keysOf(booking.id)).toEqual(['old'])
    await workWith(NEW, OLD)
    await pay(world, booking)
    await until(ada, booking.id, { status: 'confirmed' }, 30)
    expect(await keysOf(booking.id)).toEqual(['new', 'old'])
    expect(await cancelWith(`${NEW},${OLD}`, booking.id)).toBe('cancelled')
    await world.parts.temporal.workflow.getHandle(booking.id).result()
  })

  test('N-77 without a key that is still needed no worker starts, and the bookings go on when it is back', async () => {
    await workWith(OLD, NEW)
    const booking = await hold(ada, clinic.order())
    await expect(workWith(NEW)).rejects.toThrow(/PAYLOAD_KEYS lacks the key old, which \d+ open runs need/)
    await until(ada, booking.id, { status: 'pending' })

    await workWith(NEW, OLD)
    await eventually(async () => {
      const again = await ada.post(`/bookings/${booking.id}/cancel`, {}, { 'idempotency-key': `later-${booking.id}` })
      expect(again.status).toBe(200)
    }, 40)
    await until(ada, booking.id, { status: 'cancelled', waiting_for: null }, 30)
  })

  /** The names of the keys that a run's history was written with. */
  async function keysOf(id: string): Promise<string[]> {
    const history = JSON.stringify(await historyOf(world.parts.temporal, id))
    const names = [...history.matchAll(/"encryption-key-id":"([^"]+)"/g)].map(([, name = '']) =>
      Buffer.from(name, 'base64'),
    )
    return [...new Set(names.map(String))].toSorted()
  }
})

/** The variables of a world, as text again. */
function text({ config }: World): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  )
}
