import type { Client } from '@temporalio/client'
import { status } from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import { pruneVersions, type VersionState } from '../../temporal/deployment-versions.ts'

const version = (buildId: string, state: VersionState['state'], lastUsed: number, open = 0): VersionState => ({
  buildId,
  state,
  open,
  lastUsed,
})

/** Temporal, as far as deleting goes: what it refuses, by build. */
function temporalWith(refusals: Readonly<Record<string, number>> = {}) {
  const deleted: string[] = []
  const workflowService = {
    async deleteWorkerDeploymentVersion(request: { deploymentVersion: { buildId: string }; skipDrainage?: boolean }) {
      expect(request.skipDrainage ?? false).toBe(false)
      const { buildId } = request.deploymentVersion
      const code = refusals[buildId]
      if (code !== undefined) throw Object.assign(new Error('no'), { code, details: `no: ${buildId}`, metadata: {} })
      deleted.push(buildId)
    },
  }
  return { client: { workflowService, options: { namespace: 'default' } } as unknown as Client, deleted }
}

const many = Array.from({ length: 100 }, (_, index) => version(`v${index}`, 'drained', index))

describe('N-72 deleting versions of the workers that nothing goes to', () => {
  test.each([
    ['none of a few', many.slice(0, 5), 5, null, []],
    ['all beyond the last five, the oldest first', many.slice(0, 8), 5, null, ['v0', 'v1', 'v2']],
    ['at the limit of a hundred, all but those', many, 5, null, many.slice(0, 95).map(({ buildId }) => buildId)],
    ['not the one that is about to be made current again', many.slice(0, 3), 0, 'v1', ['v0', 'v2']],
    ['one that was never routed to', [version('bad', 'inactive', 1)], 0, null, ['bad']],
    [
      'not one with open runs, whatever Temporal calls it',
      [version('a', 'drained', 1, 1), version('b', 'inactive', 1, 2)],
      0,
      null,
      [],
    ],
    [
      'none that is in use',
      (['current', 'ramping', 'draining'] as const).map((state) => version(state, state, 0)),
      0,
      null,
      [],
    ],
    ['by when they were in use, not by name', [version('a', 'drained', 9), version('b', 'drained', 3)], 1, null, ['b']],
  ])('N-72 %s', async (_what, versions, keep, except, expected) => {
    const { client, deleted } = temporalWith()
    expect(await pruneVersions(client, 'holdfast', versions, keep, except)).toEqual({ deleted: expected, left: [] })
    expect(deleted).toEqual(expected)
  })

  test('N-72 what is refused is left with its reason, and the next is deleted', async () => {
    const refusals = { v0: status.FAILED_PRECONDITION, v1: status.NOT_FOUND, v2: status.INTERNAL }
    const { client } = temporalWith(refusals)
    expect(await pruneVersions(client, 'holdfast', many.slice(0, 4), 0, null)).toEqual({
      deleted: ['v3'],
      left: Object.keys(refusals).map((buildId) => ({ buildId, reason: `no: ${buildId}` })),
    })
  })

  test('N-72 a server out of reach is no answer about a version', async () => {
    const { client } = temporalWith({ v0: status.UNAVAILABLE })
    await expect(pruneVersions(client, 'holdfast', many, 0, null)).rejects.toThrow('no')
  })
})
