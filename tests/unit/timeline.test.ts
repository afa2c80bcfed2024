import type { PayloadCodec } from '@temporalio/common'
import { loadDataConverter } from '@temporalio/common/lib/internal-non-workflow/index.js'
import { temporal } from '@temporalio/proto'
import { describe, expect, test } from 'vitest'
import { everyFact } from '../../domain/testing/every.ts'
import type { HistoryLine } from '../../prisma/lists.ts'
import { factLines } from '../../temporal/timeline/fact-labels.ts'
import { timelineEntriesOf } from '../../temporal/timeline/entries.ts'
import { runLines } from '../../temporal/timeline/run-labels.ts'
import { pendingLine } from '../../temporal/timeline/work-labels.ts'
import type { Run } from '../../temporal/timeline/wording.ts'
import { timelineOf } from '../../temporal/timeline/timeline.ts'
import { recordings } from '../support/histories.ts'

const { History } = temporal.api.history.v1
const STAFF = { currency: 'USD', forStaff: true }
const CUSTOMER = { currency: 'USD', forStaff: false }
const PLAIN = loadDataConverter()

type Json = Record<string, unknown>
type JsonEvent = Record<string, Json>

function recorded(name: string): Json {
  const recording = recordings().find((each) => each.name === name)
  if (recording === undefined) throw new Error(`nothing was recorded of ${name}`)
  return structuredClone(recording.history)
}

async function runOf(history: Json, converter = PLAIN): Promise<Run> {
  return { workflowId: 'b', runId: 'r', entries: await timelineEntriesOf(History.fromObject(history), converter) }
}

const texts = async (history: Json, wording = STAFF) => runLines(await runOf(history), wording).map(({ text }) => text)

/** A history with an event put in before its end. */
function withEvent(name: string, event: Json): Json {
  const history = recorded(name)
  const events = history['events'] as Json[]
  const eventTime = events.at(-1)?.['eventTime']
  return { events: [...events, { eventId: String(events.length + 1), eventTime, ...event }] }
}

describe('a recorded history in plain words', () => {
  test.each(recordings())('A-14 $name is told without names out of code, secrets or addresses', async ({ history }) => {
    for (const wording of [STAFF, CUSTOMER]) {
      const run = await runOf(history)
      const lines = runLines(run, wording)
      expect(lines.length).toBeGreaterThan(2)
      expect(lines[0]?.kind).toBe('started')
      for (const { text, at, event_id } of lines) {
        expect(text).toMatch(/^[“A-Z].*\.$/)
        expect(text).not.toMatch(/[a-z][A-Z]|_|undefined|null|\[object|[{}]|an unknown amount|\.\.$/)
        expect(at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
        expect(event_id).toBeGreaterThan(0)
      }
      expect(JSON.stringify(lines)).not.toMatch(/secret|@example\.test/)
    }
  })

  test('A-14 X-03 of an expired hold: its timer, the question at the payment service, the end', async () => {
    expect(await texts(recorded('expired'))).toEqual([
      'Customer ada asked for the booking.',
      'The price was fixed: 150000.00 USD.',
      'The timer for the end of the hold was set for 2026-11-29 04:43:05 UTC.',
      'The timer for the end of the hold went off.',
      'The check whether it was paid after all was begun.',
      'The check whether it was paid after all was done.',
      'The workflow ended: nothing more happens without a new message.',
    ])
  })

  test('A-14 X-07 of a refund that failed for good, and was tried again by an operator’s command', async () => {
    const history = recorded('refund-retried')
    expect(await texts(history)).toEqual(
      expect.arrayContaining([
        'Customer ada asked to cancel: changed my mind.',
        'The refund of 150000.00 IDR failed for good: The payment service refused: The fault plan says so.',
        'Operator olga asked to retry.',
      ]),
    )
    expect(await texts(history, CUSTOMER)).toContain('The refund of 150000.00 IDR failed for good.')
    const undo = runLines(await runOf(history), STAFF).filter(({ kind }) => kind.startsWith('undo'))
    expect(undo.slice(-2).map(({ kind, text }) => ({ kind, text }))).toEqual([
      { kind: 'undo_begun', text: 'The refund of 150000.00 IDR was begun.' },
      { kind: 'undo_done', text: 'The refund of 150000.00 IDR was done.' },
    ])
  })

  test('A-14 of a late payment, of a signal, of a step that was refused, and of a cancellation in Temporal’s UI', async () => {
    expect(await texts(recorded('late-refunded'))).toEqual(
      expect.arrayContaining([
        'The payment service told: the money was taken (45.00 USD).',
        'Writing down what happened failed: the units belong to somebody else.',
        'Cancelling the attempt to pay was not needed any more.',
      ]),
    )
    expect(await texts(recorded('told-by-signal'))).toContain(
      'The payment service told: the money was taken (50.00 USD).',
    )
    expect(await texts(recorded('confirmed-intent-late'))).toContain(
      'Asking the payment service for an intent failed: The payment service answered 503.',
    )
    expect(await texts(recorded('cancelled-in-the-ui'))).toContain(
      'Somebody cancelled the workflow in Temporal: the booking takes it as a cancellation.',
    )
  })

  test('A-14 a command comes before the facts it led to: its time is when it came, not when its task was over', async () => {
    const { entries } = await runOf(recorded('cancelled-refunded'))
    const asked = entries.find((each) => each.type === 'asked' && each.name === 'cancel')
    const refund = entries.find((each) => each.type === 'activity_begun' && each.activity === 'refund')
    expect(asked?.at).toBe('2026-11-29T04:43:18.457Z')
    expect((asked?.at ?? '') < (refund?.at ?? '')).toBe(true)
  })
})

describe('what is seldom seen', () => {
  test('A-14 tries that failed are told with their number, and why for staff only', async () => {
    const history = recorded('cancelled-refunded')
    const events = history['events'] as JsonEvent[]
    const started = events.find((event) => event['activityTaskStartedEventAttributes']?.['scheduledEventId'] === '31')
    Object.assign(started?.['activityTaskStartedEventAttributes'] ?? {}, {
      attempt: 3,
      lastFailure: { message: 'bank down.' },
    })
    const retried = 'The refund of 150000.00 IDR failed, and was tried again (attempt 3)'
    expect(await texts(history)).toContain(`${retried}: bank down.`)
    expect(await texts(history, CUSTOMER)).toContain(`${retried}.`)
  })

  test('A-14 what is under way says how often it was tried and when it is tried again', async () => {
    const run = await runOf(recorded('cancelled-refunded'))
    const pending = {
      workflowId: 'b',
      runId: 'r',
      activityId: '7',
      activity: 'refund',
      attempt: 4,
      at: '2026-11-21T10:00:00.000Z',
      nextAt: '2026-11-21T10:05:00.000Z',
      failure: 'bank down',
    }
    const line = pendingLine(pending, run, STAFF)
    expect(line).toMatchObject({ kind: 'undo_pending', event_id: 31, details: { attempt: 4 } })
    expect(line.text).toBe(
      'The refund of 150000.00 IDR has failed so far; it is tried again at 2026-11-21 10:05:00 UTC (attempt 4): bank down.',
    )
    expect(pendingLine({ ...pending, attempt: 1, nextAt: null }, undefined, STAFF).text).toMatch(/is under way\.$/)
    expect(pendingLine({ ...pending, nextAt: null }, run, CUSTOMER).text).toBe(
      'The refund of 150000.00 IDR has failed so far; it is being tried now (attempt 4).',
    )
  })

  test.each([
    [
      { workflowExecutionTerminatedEventAttributes: { reason: 'stuck' } },
      /^Somebody terminated the workflow in Temporal: stuck\.$/,
    ],
    [{ workflowExecutionFailedEventAttributes: { failure: { message: 'no' } } }, /^The workflow failed: no\.$/],
    [{ workflowExecutionTimedOutEventAttributes: {} }, /^The workflow ran out of time\.$/],
    [
      { workflowTaskFailedEventAttributes: { failure: { message: 'bug' } } },
      /^The workflow could not go on, and tries again: bug\.$/,
    ],
    [
      { timerStartedEventAttributes: { timerId: '9', startToFireTimeout: { seconds: '60' } } },
      /^The timer for “something” was set for \d{4}-\d\d-\d\d [\d:]+ UTC\.$/,
    ],
  ])('A-14 %j is told', async (event, sentence) => {
    expect((await texts(withEvent('expired', event))).at(-1)).toMatch(sentence)
  })

  test('A-14 work that has no words yet is told by its summary or its name', async () => {
    const begun = { activityTaskScheduledEventAttributes: { activityId: '99', activityType: { name: 'sendReminder' } } }
    expect((await texts(withEvent('expired', begun))).at(-1)).toBe('The step “send reminder” was begun.')
  })

  test('A-14 what is encrypted on its way is read through the client’s own codec', async () => {
    const codec: PayloadCodec = {
      encode: (payloads) => Promise.resolve(payloads),
      decode: (payloads) =>
        Promise.resolve(
          payloads.map((payload) => {
            if (String(Buffer.from(payload.metadata?.['encoding'] ?? [])) !== 'binary/secret') return payload
            const data = Buffer.from(payload.data ?? []).map((byte) => byte ^ 0x5a)
            return { metadata: { encoding: Buffer.from('json/plain') }, data }
          }),
        ),
    }
    // As the server has them: scrambled, under an encoding that says so.
    const scramble = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(scramble)
      if (typeof value !== 'object' || value === null) return value
      const { metadata, data } = value as { metadata?: { encoding?: string }; data?: string }
      if (typeof data === 'string' && metadata?.encoding !== undefined) {
        const bytes = Buffer.from(data, 'base64').map((byte) => byte ^ 0x5a)
        return {
          metadata: { encoding: Buffer.from('binary/secret').toString('base64') },
          data: Buffer.from(bytes).toString('base64'),
        }
      }
      return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, scramble(member)]))
    }
    const history = recorded('cancelled-unpaid')
    const sealed = await runOf(scramble(history) as Json, loadDataConverter({ payloadCodecs: [codec] }))
    expect(runLines(sealed, STAFF)).toEqual(runLines(await runOf(history), STAFF))
    // Without the key there is less to tell, and no fault.
    const unread = await texts(scramble(history) as Json)
    expect(unread).toContain('Somebody asked to cancel.')
  })
})

describe('the facts of the history', () => {
  const line = (more: Partial<HistoryLine>): HistoryLine => ({
    version: 1,
    action: 'held',
    previous_status: null,
    status: 'pending',
    actor: { role: 'customer', id: 'ada' },
    reason: null,
    data: {},
    at: '2026-11-21T10:00:00.000Z',
    ...more,
  })
  const told = (more: Partial<HistoryLine>, before: HistoryLine[] = []) =>
    factLines([...before, line(more)], STAFF).at(-1)?.text

  test('A-14 are sentences, every one that there is', () => {
    for (const { type, at, by, ...data } of everyFact()) {
      const snake = Object.fromEntries(
        Object.entries(data).map(([name, value]) => [
          name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
          value,
        ]),
      )
      const reason = 'reason' in data ? data.reason : null
      const text = told({ action: type, actor: by, at, data: snake, reason }) ?? ''
      expect(text).toMatch(/^[A-Z].*\.$/)
      expect(text).not.toMatch(/undefined|null|_|NaN/)
    }
  })

  test('A-14 name amounts, people and reasons', () => {
    expect(told({ action: 'payment_authorized', data: { amount: 12_000 } })).toBe(
      'The customer’s payment was authorised: 120.00 USD.',
    )
    const asked = line({ action: 'refund_requested', data: { key: 'k', amount: 500, reason: 'no_show_fee' } })
    expect(told({ action: 'refund_requested', data: asked.data })).toBe(
      'A refund of 5.00 USD was decided: no show fee.',
    )
    expect(told({ action: 'refund_succeeded', data: { key: 'k' } }, [asked])).toBe(
      'The refund of 5.00 USD went through.',
    )
    expect(told({ action: 'ended', reason: 'ill', data: { trigger: 'cancel' }, status: 'cancelled' })).toBe(
      'The booking was cancelled by customer ada: ill.',
    )
    expect(told({ action: 'ended', reason: 'McDuck', data: { trigger: 'cancel' } })).toMatch(/: McDuck\.$/)
    expect(told({ action: 'something_new' })).toBe('Something new.')
  })

  test('A-14 stand between what led to them and what they set off, and alone when Temporal says nothing', async () => {
    const run = await runOf(recorded('cancelled-unpaid'))
    const begun = run.entries.findLast(({ type }) => type === 'activity_begun')?.at ?? ''
    const history = [
      line({ at: run.entries[0]?.at ?? '' }),
      line({
        version: 2,
        action: 'ended',
        data: { trigger: 'cancel' },
        status: 'cancelled',
        // Before the work that followed from it, and after it was asked for.
        at: new Date(Date.parse(begun) - 1).toISOString(),
      }),
    ]
    const whole = timelineOf(history, { runs: [run], pending: [], gap: null }, STAFF)
    expect(whole).toMatchObject({ source: 'temporal', note: null })
    const all = whole.entries.map(({ text }) => text)
    expect(all.slice(0, 2)).toEqual(['Customer ada asked for the booking.', 'The units were held for customer ada.'])
    const ended = all.indexOf('The booking was cancelled by customer ada.')
    expect(all[ended - 1]).toBe('Customer ada asked to cancel: changed my mind.')
    expect(all[ended + 1]).toBe('Cancelling the attempt to pay was begun.')
    for (const gap of ['out_of_reach', 'not_kept'] as const) {
      const alone = timelineOf(history, { runs: [], pending: [], gap }, STAFF)
      expect(alone).toMatchObject({ source: 'history', note: expect.stringMatching(/not shown/) as string })
      expect(alone.entries.map(({ version }) => version)).toEqual([1, 2])
    }
  })
})
