import type { Instant } from '../../domain/time.ts'
import { membersOf, textOf, type Happening } from './happenings.ts'
import { activityWords, stepWords } from './work-words.ts'
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
  type Words,
  type Wording,
} from './wording.ts'

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
