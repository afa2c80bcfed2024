import type { Instant } from '../../domain/time.ts'
import { membersOf, textOf, type Happening } from './happenings.ts'
import {
  actorIn,
  actorText,
  amountText,
  because,
  capital,
  plain,
  timeText,
  type TimelineLine,
  type Wording,
} from './wording.ts'

/** A run of a booking's workflow: its own, or one that followed up. */
export type Run = { readonly workflowId: string; readonly runId: string; readonly happenings: readonly Happening[] }

type Words = {
  readonly kind: string
  readonly text: string
  readonly actor?: TimelineLine['actor']
  readonly details?: TimelineLine['details']
}

/** Work that undoes what was done, or gives it back. */
const UNDO = new Set(['refund', 'voidPayment', 'closeUnpaid'])

/** What each timer is for, by the label that workflows/clock.ts gives it. */
const TIMERS: Readonly<Record<string, string>> = {
  'hold expires': 'the end of the hold',
  'approval is due': 'the deadline of the approval',
  'counts as a no-show': 'the no-show',
  'visit is taken as over': 'the end of the visit',
}

/** What the payment service tells, by the type of the notice. */
const NOTICES: Readonly<Record<string, string>> = {
  processing: 'the payment is being processed',
  authorized: 'the payment is authorised',
  succeeded: 'the money was taken',
  failed: 'the payment failed',
  cancelled: 'the attempt to pay was cancelled',
  refund_succeeded: 'a refund went through',
  refund_failed: 'a refund failed',
}

/** What a run did and what it waited for, as lines of the timeline. Facts are told by the history table, and not again here. */
export function runLines({ workflowId, runId, happenings }: Run, wording: Wording): TimelineLine[] {
  const byId = new Map(happenings.map((happening) => [happening.eventId, happening]))
  return happenings.flatMap((happening) => {
    const words = wordsOf(happening, byId, wording)
    if (words === null) return []
    const { kind, text, actor = null, details = {} } = words
    const { at, eventId } = happening
    return [lineOf({ at, kind, text, actor, details, workflow_id: workflowId, run_id: runId, event_id: eventId })]
  })
}

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
  const begun = run?.happenings.find((each) => each.type === 'activity_begun' && each.activityId === activityId)
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

function lineOf(line: Omit<TimelineLine, 'version'>): TimelineLine {
  return { ...line, version: null }
}

function wordsOf(happening: Happening, byId: ReadonlyMap<number, Happening>, wording: Wording): Words | null {
  switch (happening.type) {
    case 'started':
      return startedWords(happening)
    case 'asked':
      return askedWords(happening, wording)
    case 'answered':
      return answeredWords(happening, byId.get(happening.askedId), wording)
    case 'signalled':
      return messageWords('signal', happening.name, happening.input, wording)
    case 'timer_set':
      return timerWords(happening, 'timer_set', `was set for ${timeText(dueOf(happening))}`)
    case 'timer_fired':
    case 'timer_cancelled': {
      const set = byId.get(happening.setId)
      if (set?.type !== 'timer_set') return null
      return timerWords(set, happening.type, happening.type === 'timer_fired' ? 'went off' : 'was called off')
    }
    case 'activity_begun':
    case 'activity_tried':
    case 'activity_done':
    case 'activity_failed':
    case 'activity_cancelled':
      return activityWords(happening, byId, wording)
    case 'step':
      return stepWords(happening, wording)
    case 'task_failed':
      if (!wording.forStaff) return null
      return {
        kind: 'fault',
        text: `The workflow could not go on, and tries again${whyFor(wording, happening.failure)}.`,
      }
    case 'cancel_requested':
      return {
        kind: 'command',
        text: 'Somebody cancelled the workflow in Temporal: the booking takes it as a cancellation.',
      }
    case 'ended':
      return endedWords(happening, wording)
  }
}

function startedWords({ input, goesOn }: Happening & { type: 'started' }): Words {
  const { order, resume } = membersOf(input)
  if (order === undefined && resume === undefined) return { kind: 'started', text: 'The workflow began.' }
  if (order === undefined) {
    const text = goesOn
      ? 'The workflow goes on in a new run.'
      : 'The booking was taken up again after it had come to rest.'
    return { kind: 'started', text }
  }
  const { callerId, callerRole } = membersOf(order)
  const actor = { role: textOf(callerRole) || 'customer', id: textOf(callerId) }
  return { kind: 'started', text: `${capital(actorText(actor))} asked for the booking.`, actor }
}

function askedWords({ name, input }: Happening & { type: 'asked' }, wording: Wording): Words | null {
  // What `create` asks for is told by the start, and how it went by the hold.
  if (name === 'create') return null
  return messageWords('command', name, input, wording)
}

/** A message that reached the workflow: a command of a person, or a fact from the payment service. */
function messageWords(kind: 'command' | 'signal', name: string, input: unknown, { currency }: Wording): Words {
  const members = membersOf(input)
  if (name === 'payment' || name === 'payment_arrived') {
    const { type, amount, refundKey } = members
    const told = NOTICES[textOf(type)] ?? plain(textOf(type))
    const what = `${told}${refundKey === null ? ` (${amountText(amount, currency)})` : ''}`
    return {
      kind: 'payment_told',
      text: `The payment service told: ${what}.`,
      actor: { role: 'service', id: 'payments' },
      details: { type: textOf(type), intent_id: members['intentId'] ?? null },
    }
  }
  const actor = actorIn(members['by'])
  const who = actor === null ? 'Somebody' : capital(actorText(actor))
  return {
    kind,
    text: `${who} asked to ${plain(name)}${because(members['reason'])}.`,
    actor,
    details: { command: name, reason: members['reason'] ?? null },
  }
}

function answeredWords(
  { answer, failure }: Happening & { type: 'answered' },
  asked: Happening | undefined,
  wording: Wording,
): Words | null {
  if (asked?.type !== 'asked') return null
  if (failure !== null) {
    return {
      kind: 'refused',
      text: `That was refused${because(failure)}`.replace(/\.*$/, '.'),
      details: { command: asked.name },
    }
  }
  if (membersOf(answer)['outcome'] !== 'stale' || !wording.forStaff) return null
  return { kind: 'stale', text: 'That was known already, and changed nothing.', details: { command: asked.name } }
}

/** When a timer is due: as its label says, or by its length. */
function dueOf({ label, until }: Happening & { type: 'timer_set' }): Instant {
  return /\d{4}-\d\d-\d\dT[\d:.]+Z$/.exec(label ?? '')?.[0] ?? until
}

function timerWords(timer: Happening & { type: 'timer_set' }, kind: string, what: string): Words {
  const name = (timer.label ?? 'something').replace(/\s*\d{4}-\d\d-\d\dT[\d:.]+Z$/, '')
  const until = dueOf(timer)
  return { kind, text: `The timer for ${TIMERS[name] ?? `“${name}”`} ${what}.`, details: { timer: name, until } }
}

type Doing = Pick<Happening & { type: 'activity_begun' }, 'activity' | 'summary' | 'input'>

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
      return `the refund of ${amountText(membersOf(members['refund'])['amount'], textOf(members['currency']) || currency)}`
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

function activityWords(
  happening: Happening & { type: `activity_${string}` },
  byId: ReadonlyMap<number, Happening>,
  wording: Wording,
): Words | null {
  const begun = happening.type === 'activity_begun' ? happening : byId.get(happening.begunId)
  if (begun?.type !== 'activity_begun') return null
  const doing = capital(doingOf(begun, wording))
  const words = (phase: string, text: string, more: object = {}): Words => ({
    kind: `${UNDO.has(begun.activity) ? 'undo' : 'activity'}_${phase}`,
    text: `${doing} ${text}.`,
    details: { activity: begun.activity, ...more },
  })
  switch (happening.type) {
    case 'activity_begun':
      return words('begun', 'was begun')
    case 'activity_tried': {
      const { attempt, failure } = happening
      return attempt <= 1
        ? null
        : words('retried', `failed, and was tried again (attempt ${attempt})${whyFor(wording, failure)}`, { attempt })
    }
    case 'activity_done':
      return words('done', 'was done')
    case 'activity_failed':
      return words('failed', `failed for good${whyFor(wording, happening.failure)}`)
    case 'activity_cancelled':
      return words('cancelled', 'was called off')
  }
}

/** Steps within a workflow task: those that went as ever are told by the facts they made. */
function stepWords(
  { activity, attempt, answer, failure }: Happening & { type: 'step' },
  wording: Wording,
): Words | null {
  const doing = capital(doingOf({ activity, summary: null, input: null }, wording))
  const details = { activity, attempt }
  if (failure !== null) return { kind: 'step_failed', text: `${doing} failed${whyFor(wording, failure)}.`, details }
  if (attempt > 1) return { kind: 'step_done', text: `${doing} was done at attempt ${attempt}.`, details }
  if (activity !== 'hold') return null
  const total = membersOf(membersOf(membersOf(answer)['priced'])['price'])['total']
  if (total === undefined) return null
  return { kind: 'step_done', text: `The price was fixed: ${amountText(total, wording.currency)}.`, details }
}

function endedWords({ how, failure }: Happening & { type: 'ended' }, wording: Wording): Words | null {
  const words = (text: string): Words => ({ kind: 'ended_run', text, details: { how } })
  switch (how) {
    case 'completed':
      return words('The workflow ended: nothing more happens without a new message.')
    case 'continued':
      return null
    case 'terminated':
      return words(`Somebody terminated the workflow in Temporal${whyFor(wording, failure)}.`)
    case 'failed':
    case 'timed_out':
    case 'cancelled':
      return words(
        `The workflow ${how === 'timed_out' ? 'ran out of time' : how === 'failed' ? 'failed' : 'was cancelled'}${whyFor(wording, failure)}.`,
      )
  }
}

/** Why something failed, for staff only: what other services say is not for everybody. */
function whyFor({ forStaff }: Wording, failure: string | null): string {
  return forStaff && failure !== null && failure !== '' ? `: ${failure.replace(/\.+$/, '')}` : ''
}
