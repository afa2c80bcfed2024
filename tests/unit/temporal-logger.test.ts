import { Writable } from 'node:stream'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { temporalLogger } from '../../temporal/logger.ts'

test('what Temporal says of an error is in our log with its message, not as an empty object', () => {
  const lines: string[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString())
      done()
    },
  })
  const error = new Error('there is no payload key 2026-05')
  temporalLogger(pino({ level: 'info' }, stream)).error('Failed to process Workflow Activation', {
    error,
    runId: 'r-1',
  })
  expect(JSON.parse(lines.join(''))).toMatchObject({
    msg: 'Failed to process Workflow Activation',
    source: 'temporal',
    runId: 'r-1',
    err: { message: 'there is no payload key 2026-05' },
  })
})
