import { readdirSync, readFileSync, statSync } from 'node:fs'
import { homedir, hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker'
import { describe, expect, inject, test } from 'vitest'
import { checkout } from '../../stack/launcher/cache.mjs'
import { misfits, recordings, type Recording } from '../support/histories.ts'
import { STORIES } from '../support/stories.ts'

// What the gate catches is told by the tests; the SDK's own cries about it are left out.
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
})

const FOLDER = fileURLToPath(new URL('./histories/', import.meta.url))
const recorded = recordings()
const current = { codePath: inject('shared').bundlePath }

/** A recording in which the first event with such attributes tells something else. */
function altered({ name, history }: Recording, attributes: string, change: object): Recording {
  const events = structuredClone(history['events']) as Record<string, object>[]
  const event = events.find((event) => attributes in event)
  if (event === undefined) throw new Error(`${name} has no ${attributes}`)
  event[attributes] = { ...event[attributes], ...change }
  return { name, history: { ...history, events } }
}

describe('H-23 the gate for new code: the recorded histories', () => {
  test('H-23 there is one of every story: `npm run histories` records what is missing', () => {
    const names = recorded.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(Object.keys(STORIES)))
  })

  test.each(recorded)('H-23 $name replays with the code as it is', async (recording) => {
    expect(await misfits(current, [recording])).toEqual({})
  })

  test('H-23 they tell nothing of the people and the machine they were recorded with, and are small', () => {
    let bytes = 0
    for (const file of readdirSync(FOLDER)) {
      bytes += statSync(FOLDER + file).size
      const text = readFileSync(FOLDER + file, 'utf8')
      const payloads = [...text.matchAll(/"data":"([^"]*)"/g)].map(([, data = '']) =>
        Buffer.from(data, 'base64').toString(),
      )
      const whole = [text, ...payloads].join('\n')
      for (const word of [hostname(), checkout, homedir(), process.cwd(), 'node_modules', 'file://']) {
        expect(whole.includes(word), `${file} contains ${word}`).toBe(false)
      }
      // Temporal names a worker by process and host: 123@host.
      expect(text).not.toMatch(/"\d+@/)
      const addresses = payloads.join('\n').match(/[\w.+-]+@[\w.-]+/g) ?? []
      expect(addresses.filter((address) => !address.endsWith('@example.test'))).toEqual([])
    }
    expect(bytes).toBeLessThan(1_000_000)
  })
})

describe('H-23 the gate closes', () => {
  test('H-23 on a workflow that does one thing more, for every story', async () => {
    const changed = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('./changed-workflow.ts', import.meta.url)),
      logger: new DefaultLogger('ERROR'),
    })
    const found = await misfits(changed, recorded)
    expect(Object.keys(found).toSorted()).toEqual(recorded.map(({ name }) => name).toSorted())
  })

  test.each([
    [
      'calls another activity',
      'confirmed-manual',
      'activityTaskScheduledEventAttributes',
      { activityType: { name: 'charge' } },
    ],
    ['took a step we do not know', 'expired', 'markerRecordedEventAttributes', { markerName: 'another_step' }],
  ])('H-23 on a history that %s', async (_, name, attributes, change) => {
    const recording = recorded.find((recording) => recording.name === name)
    const found = await misfits(current, [altered(recording!, attributes, change)])
    expect(Object.keys(found)).toEqual([name])
  })
})
