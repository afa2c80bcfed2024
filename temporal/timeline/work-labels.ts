import type { Instant } from '../../domain/time.ts'
import { membersOf, textOf, type TimelineEntry } from './entries.ts'
import {
  amountText,
  capital,
  lineOf,
  plain,
  timeText,
  whyFor,
  type Run,
  type TimelineLine,
  type Label,
  type Wording,
} from './wording.ts'

/** Work that undoes what was done, or gives it back. */
const UNDO = new Set(['refund', 'voidPayment', 'closeUnpaid'])

/** A piece of work that is not over yet, as the server describes it. */
export type Pending = {
  readonly workflowId: string
  readonly runId: string
  readonly activityId: string
  readonly activity: string
  readonly attempt: number
  readonly at: Instant
  readonly nextAt: Instant | null
  readonly failure: string | null
}

/** How a piece of work that is under way stands: how often it was tried, and when it is tried again. */
export function pendingLine(pending: Pending, run: Run | undefined, wording: Wording): TimelineLine {
  const { workflowId, runId, activityId, activity, attempt, at, nextAt, failure } = pending
  const begun = run?.entries.find((each) => each.type === 'activity_begun' && each.activityId === activityId)
  const doing = doingOf(begun?.type === 'activity_begun' ? begun : { activity, summary: null, input: null }, wording)
  const next = nextAt === null ? 'it is being tried now' : `it is tried again at ${timeText(nextAt)}`
  const text = attempt <= 1 ? `${doing} is under way` : `${doing} has failed so far; ${next} (attempt ${attempt})`
  return lineOf({
    at,
    kind: UNDO.has(activity) ? 'undo_pending' : 'activity_pending',
    text: `${capital(text)}${attempt <= 1 ? '' : whyFor(wording, failure)}.`,
    actor: null,
    details: { activity, attempt, next_attempt_at: nextAt },
    workflow_id: workflowId,
    run_id: runId,
    event_id: begun?.eventId ?? null,
  })
}

type Doing = Pick<TimelineEntry & { type: 'activity_begun' }, 'activity' | 'summary' | 'input'>

/** What a piece of work is, as the subject of a sentence. */
function doingOf({ activity, summary, input }: Doing, { currency }: Wording): string {
  const members = membersOf(input)
  switch (activity) {
    case 'requestPayment':
    case 'requestPaymentAtOnce':
      return 'asking the payment service for an intent'
    case 'capture':
      return 'taking the authorised money'
    case 'voidPayment':
      return 'cancelling the attempt to pay'
    case 'closeUnpaid':
      return 'the check whether it was paid after all'
    case 'refund':
      return `the refund of ${amountText(members['amount'], textOf(members['currency']) || currency)}`
    case 'makeMeeting':
      return 'making the meeting link'
    case 'record':
      return 'writing down what happened'
    case 'load':
      return 'reading the booking from the database'
    case 'hold':
      return 'pricing the order and holding its units'
    default:
      return summary === null ? `the step “${plain(activity)}”` : `the step “${summary}”`
  }
}

/** Work at other services: begun, tried again, done, failed, let go. */
export function activityLabel(
  entry: TimelineEntry & { type: `activity_${string}` },
  byId: ReadonlyMap<number, TimelineEntry>,
  wording: Wording,
): Label | null {
  const begun = entry.type === 'activity_begun' ? entry : byId.get(entry.begunId)
  if (begun?.type !== 'activity_begun') return null
  const doing = capital(doingOf(begun, wording))
  const label = (phase: string, text: string, more: object = {}): Label => ({
    kind: `${UNDO.has(begun.activity) ? 'undo' : 'activity'}_${phase}`,
    text: `${doing} ${text}.`,
    details: { activity: begun.activity, ...more },
  })
  switch (entry.type) {
    case 'activity_begun':
      return label('begun', 'was begun')
    case 'activity_tried': {
      const { attempt, failure } = entry
      return attempt <= 1
        ? null
        : label('retried', `failed, and was tried again (attempt ${attempt})${whyFor(wording, failure)}`, { attempt })
    }
    case 'activity_done':
      return label('done', 'was done')
    case 'activity_failed':
      return label('failed', `failed for good${whyFor(wording, entry.failure)}`)
    case 'activity_cancelled':
      return label('cancelled', 'was called off')
    case 'activity_unneeded':
      return label('unneeded', 'was not needed any more')
  }
}

/** Steps within a workflow task: those that went as ever are told by the facts they made. */
export function stepLabel(
  { activity, attempt, answer, failure }: TimelineEntry & { type: 'step' },
  wording: Wording,
): Label | null {
  const doing = capital(doingOf({ activity, summary: null, input: null }, wording))
  const details = { activity, attempt }
  if (failure !== null) return { kind: 'step_failed', text: `${doing} failed${whyFor(wording, failure)}.`, details }
  if (attempt > 1) return { kind: 'step_done', text: `${doing} was done at attempt ${attempt}.`, details }
  if (activity !== 'hold') return null
  const total = membersOf(membersOf(membersOf(answer)['priced'])['price'])['total']
  if (total === undefined) return null
  return { kind: 'step_done', text: `The price was fixed: ${amountText(total, wording.currency)}.`, details }
}
