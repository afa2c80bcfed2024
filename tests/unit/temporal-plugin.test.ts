import { describe, expect, test } from 'vitest'
import { holdfastPlugin } from '../../temporal/plugin.ts'

const KEYS = `one:${Buffer.alloc(32, 1).toString('base64')}`

describe.each([
  ['without keys', undefined],
  ['with keys', KEYS],
])('the plugin %s', (_, keys) => {
  const plugin = holdfastPlugin({ PAYLOAD_KEYS: keys })

  test('gives client, worker and replay the same way to store payloads', async () => {
    const client = plugin.configureClient?.({})
    const worker = await plugin.configureWorker?.({ taskQueue: 'bookings' })
    const replay = await plugin.configureReplayWorker?.({ workflowBundle: { code: '' } })
    expect(client?.dataConverter).toBeDefined()
    expect(worker?.dataConverter).toBe(client?.dataConverter)
    expect(replay?.dataConverter).toBe(client?.dataConverter)
    expect(client?.dataConverter?.payloadCodecs?.length ?? 0).toBe(keys === undefined ? 0 : 1)
  })

  test('lets nobody give a process another converter or another tracing', async () => {
    const other = { dataConverter: {}, interceptors: {}, sinks: {} }
    const worker = await plugin.configureWorker?.({ taskQueue: 'bookings', ...other })
    expect(worker?.dataConverter).not.toBe(other.dataConverter)
    expect(worker?.interceptors?.activity).toHaveLength(1)
    expect(worker?.sinks).not.toBe(other.sinks)
    expect(plugin.configureClient?.(other).interceptors?.workflow).toHaveLength(1)
  })
})
