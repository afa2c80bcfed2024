import type { Instant } from '../../domain/time.ts'
import { membersOf, textOf, type TimelineEntry } from './entries.ts'
import { activityLabel, stepLabel } from './work-labels.ts'
import {
  actorIn,
  actorText,
  amountText,
  because,
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

/** What each timer is for, by the label that workflows/clock.ts gives it. */
const TIMERS: Readonly<Record<string, string>> = {
  'hold expires': 'the end of the hold',
  'approval is due': 'the deadline of the approval',
  'counts as a no-show': 'the no-show',
  'visit is taken as over': 'the end of the visit',
}

/** What the payment service tells, by the type of the payment event. */
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
export function runLines({ workflowId, runId, entries }: Run, wording: Wording): TimelineLine[] {
  const byId = new Map(entries.map((entry) => [entry.eventId, entry]))
  return entries.flatMap((entry) => {
    const label = labelOf(entry, byId, wording)
    if (label === null) return []
    const { kind, text, actor = null, details = {} } = label
    const { at, eventId } = entry
    return [lineOf({ at, kind, text, actor, details, workflow_id: workflowId, run_id: runId, event_id: eventId })]
  })
}

function labelOf(entry: TimelineEntry, byId: ReadonlyMap<number, TimelineEntry>, wording: Wording): Label | null {
  switch (entry.type) {
    case 'started':
      return startedLabel(entry)
    case 'asked':
      return askedLabel(entry, wording)
    case 'answered':
      return answeredLabel(entry, byId.get(entry.askedId), wording)
    case 'signalled':
      return messageLabel('signal', entry.name, entry.input, wording)
    case 'timer_set':
      return timerLabel(entry, 'timer_set', `was set for ${timeText(dueOf(entry))}`)
    case 'timer_fired':
    case 'timer_cancelled': {
      const set = byId.get(entry.setId)
      if (set?.type !== 'timer_set') return null
      return timerLabel(set, entry.type, entry.type === 'timer_fired' ? 'went off' : 'was called off')
    }
    case 'activity_begun':
    case 'activity_tried':
    case 'activity_done':
    case 'activity_failed':
    case 'activity_cancelled':
    case 'activity_unneeded':
      return activityLabel(entry, byId, wording)
    case 'step':
      return stepLabel(entry, wording)
    case 'task_failed':
      if (!wording.forStaff) return null
      return {
        kind: 'fault',
        text: `The workflow could not go on, and tries again${whyFor(wording, entry.failure)}.`,
      }
    case 'cancel_requested':
      return {
        kind: 'command',
        text: 'Somebody cancelled the workflow in Temporal: the booking takes it as a cancellation.',
      }
    case 'ended':
      return endedLabel(entry, wording)
  }
}

function startedLabel({ input, goesOn }: TimelineEntry & { type: 'started' }): Label {
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

function askedLabel({ name, input }: TimelineEntry & { type: 'asked' }, wording: Wording): Label | null {
  // What `create` asks for is told by the start, and how it went by the hold.
  if (name === 'create') return null
  return messageLabel('command', name, input, wording)
}

/** A message that reached the workflow: a command of a person, or a fact from the payment service. */
function messageLabel(kind: 'command' | 'signal', name: string, input: unknown, { currency }: Wording): Label {
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
  if (name === 'reconcile') {
    const by = { role: 'system', id: 'reconciliation' } as const
    return { kind, text: 'Reconciliation had the booking look at itself anew.', actor: by, details: { command: name } }
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

function answeredLabel(
  { answer, failure }: TimelineEntry & { type: 'answered' },
  asked: TimelineEntry | undefined,
  wording: Wording,
): Label | null {
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
function dueOf({ label, until }: TimelineEntry & { type: 'timer_set' }): Instant {
  return /\d{4}-\d\d-\d\dT[\d:.]+Z$/.exec(label ?? '')?.[0] ?? until
}

function timerLabel(timer: TimelineEntry & { type: 'timer_set' }, kind: string, what: string): Label {
  const name = (timer.label ?? 'something').replace(/\s*\d{4}-\d\d-\d\dT[\d:.]+Z$/, '')
  const until = dueOf(timer)
  return { kind, text: `The timer for ${TIMERS[name] ?? `“${name}”`} ${what}.`, details: { timer: name, until } }
}

function endedLabel({ how, failure }: TimelineEntry & { type: 'ended' }, wording: Wording): Label | null {
  const label = (text: string): Label => ({ kind: 'ended_run', text, details: { how } })
  switch (how) {
    case 'completed':
      return label('The workflow ended: nothing more happens without a new message.')
    case 'continued':
      return null
    case 'terminated':
      return label(`Somebody terminated the workflow in Temporal${whyFor(wording, failure)}.`)
    case 'failed':
    case 'timed_out':
    case 'cancelled':
      return label(
        `The workflow ${how === 'timed_out' ? 'ran out of time' : how === 'failed' ? 'failed' : 'was cancelled'}${whyFor(wording, failure)}.`,
      )
  }
}
