import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findTemporal, isRecentEnough } from '../../../stack/temporal-find.ts'
import { startTemporal, type Temporal } from '../../../stack/temporal.ts'
import { folderForTest } from './folders.ts'

const found = await findTemporal().catch(() => undefined)
const limitMs = 60_000

async function start(dataFile: string | null): Promise<Temporal> {
  const temporal = await startTemporal({
    dataFile,
    port: 0,
    uiPort: null,
    namespace: 'default',
    log: () => undefined,
    searchAttributes: { BookingStatus: 'Keyword' },
  })
  onTestFinished(() => temporal.stop())
  return temporal
}

async function clientOf({ address }: Temporal): Promise<Client> {
  const connection = await Connection.connect({ address })
  onTestFinished(() => connection.close())
  return new Client({ connection })
}

describe.skipIf(found?.kind !== 'program')(
  'needs Temporal server: the development server',
  { timeout: limitMs },
  () => {
    it('keeps a started workflow through kill -9', async () => {
      const dataFile = join(folderForTest(), 'temporal.sqlite')
      const first = await start(dataFile)
      const handle = await (
        await clientOf(first)
      ).workflow.start('booking', { taskQueue: 'nobody', workflowId: 'kept' })
      if (first.service === undefined) throw new Error('it was not started by us')
      process.kill(first.service.pid, 'SIGKILL')
      await first.service.exited

      const second = await start(dataFile)
      const kept = await (await clientOf(second)).workflow.getHandle('kept').describe()
      expect(kept.status.name).toBe('RUNNING')
      expect(kept.runId).toBe(handle.firstExecutionRunId)
    })

    it('answers with its search attributes registered, and stops when asked', async () => {
      const temporal = await start(null)
      const { connection } = await clientOf(temporal)
      const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' })
      expect(customAttributes).toHaveProperty('BookingStatus')
      await temporal.stop()
      expect(temporal.service?.ended()).toBe('exit code 0')
    })
  },
)

describe('finding Temporal', () => {
  it('takes TEMPORAL_ADDRESS before everything else', async () => {
    const found = await findTemporal({ TEMPORAL_ADDRESS: 'temporal.example:7233' })
    expect(found).toEqual({ kind: 'address', address: 'temporal.example:7233' })
  })

  it('passes over a program on PATH that is too old for update-with-start', () => {
    expect(isRecentEnough('temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)')).toBe(true)
    expect(isRecentEnough('temporal version 1.4.0 (Server 1.28.0, UI 2.38.0)')).toBe(true)
    expect(isRecentEnough('temporal version 1.1.0 (Server 1.25.0, UI 2.30.3)')).toBe(false)
    expect(isRecentEnough('tctl version 1.18')).toBe(false)
  })
})
