import type { WorkflowHandle } from '@temporalio/client'
import type { LoadedDataConverter } from '@temporalio/common'
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
  decodeOptionalSinglePayload,
} from '@temporalio/common/lib/internal-non-workflow/index.js'
import { instantOf, plusSeconds, type Instant } from '../../domain/time.ts'

/** The history of a run as Temporal hands it over. */
export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>
type Event = NonNullable<History['events']>[number]

/**
 * An event of a run, as far as it tells something of a booking: decoded, so that what follows is free of Temporal's types. What belongs to an
 * earlier event names it. Payloads are whatever our own code put there: to be read with care, because it was older code once.
 */
export type TimelineEntry = { readonly at: Instant; readonly eventId: number } & (
  | { readonly type: 'started'; readonly input: unknown; readonly goesOn: boolean }
  | { readonly type: 'asked'; readonly name: string; readonly input: unknown }
  | { readonly type: 'answered'; readonly askedId: number; readonly answer: unknown; readonly failure: string | null }
  | { readonly type: 'signalled'; readonly name: string; readonly input: unknown }
  | { readonly type: 'timer_set'; readonly label: string | null; readonly until: Instant }
  | { readonly type: 'timer_fired' | 'timer_cancelled'; readonly setId: number }
  | {
      readonly type: 'activity_begun'
      readonly activityId: string
      readonly activity: string
      readonly summary: string | null
      readonly input: unknown
    }
  | {
      readonly type: 'activity_tried'
      readonly begunId: number
      readonly attempt: number
      readonly failure: string | null
    }
  | { readonly type: 'activity_done'; readonly begunId: number; readonly answer: unknown }
  | { readonly type: 'activity_failed'; readonly begunId: number; readonly failure: string | null }
  | { readonly type: 'activity_cancelled'; readonly begunId: number }
  /** By what the database knew when it was tried, there was nothing to do (any more). */
  | { readonly type: 'activity_unneeded'; readonly begunId: number }
  | {
      readonly type: 'step'
      readonly activity: string
      readonly attempt: number
      readonly answer: unknown
      readonly failure: string | null
    }
  | { readonly type: 'task_failed'; readonly failure: string | null }
  | { readonly type: 'cancel_requested' }
  | {
      readonly type: 'ended'
      readonly how: 'completed' | 'failed' | 'timed_out' | 'cancelled' | 'terminated' | 'continued'
      readonly failure: string | null
    }
)

/** The entries of a run's history, in order, decoded by the client's own converter: what is encrypted on the wire is plain here. */
export async function timelineEntriesOf(history: History, converter: LoadedDataConverter): Promise<TimelineEntry[]> {
  const events = history.events ?? []
  const timeOf = new Map(events.map((event) => [numberOf(event.eventId), instantAt(event.eventTime)]))
  const told: TimelineEntry[] = []
  for (const event of events) {
    const entry = await timelineEntryOf(event, converter, timeOf)
    if (entry !== null) told.push(entry)
  }
  return told
}

async function timelineEntryOf(
  event: Event,
  converter: LoadedDataConverter,
  timeOf: ReadonlyMap<number, Instant>,
): Promise<TimelineEntry | null> {
  const stamp = { at: instantAt(event.eventTime), eventId: numberOf(event.eventId) }
  const first = (payloads: Payloads) =>
    ifReadable(async () => (await decodeArrayFromPayloads(converter, payloads?.payloads ?? []))[0])
  const failureText = (failure: Failure) =>
    ifReadable(async () => (await decodeOptionalFailureToOptionalError(converter, failure))?.message)
  const summary = () => ifReadable(() => decodeOptionalSinglePayload<string>(converter, event.userMetadata?.summary))

  const started = event.workflowExecutionStartedEventAttributes
  if (started != null) {
    const goesOn = (started.continuedExecutionRunId ?? '') !== ''
    return { ...stamp, type: 'started', input: await first(started.input), goesOn }
  }
  const accepted = event.workflowExecutionUpdateAcceptedEventAttributes
  if (accepted != null) {
    const { name, args } = accepted.acceptedRequest?.input ?? {}
    // It is accepted when its task is over, and came when that was scheduled: before what it led to.
    const at = timeOf.get(numberOf(accepted.acceptedRequestSequencingEventId)) ?? stamp.at
    return { ...stamp, at, type: 'asked', name: name ?? '', input: await first(args) }
  }
  const answered = event.workflowExecutionUpdateCompletedEventAttributes
  if (answered != null) {
    const { success, failure } = answered.outcome ?? {}
    const askedId = numberOf(answered.acceptedEventId)
    return { ...stamp, type: 'answered', askedId, answer: await first(success), failure: await failureText(failure) }
  }
  const signalled = event.workflowExecutionSignaledEventAttributes
  if (signalled != null) {
    return { ...stamp, type: 'signalled', name: signalled.signalName ?? '', input: await first(signalled.input) }
  }
  const timer = event.timerStartedEventAttributes
  if (timer != null) {
    const until = plusSeconds(stamp.at, secondsOf(timer.startToFireTimeout))
    return { ...stamp, type: 'timer_set', label: await summary(), until }
  }
  const fired = event.timerFiredEventAttributes
  if (fired != null) return { ...stamp, type: 'timer_fired', setId: numberOf(fired.startedEventId) }
  const cancelled = event.timerCanceledEventAttributes
  if (cancelled != null) return { ...stamp, type: 'timer_cancelled', setId: numberOf(cancelled.startedEventId) }
  const marker = event.markerRecordedEventAttributes
  if (marker != null) {
    if (marker.markerName !== 'core_local_activity') return null
    const about = membersOf(await first(marker.details?.['data']))
    const { activity_type: activity, attempt } = about
    const answer = await first(marker.details?.['result'])
    const step = { activity: textOf(activity), attempt: numberOf(attempt) || 1 }
    return { ...stamp, type: 'step', ...step, answer, failure: await failureText(marker.failure) }
  }
  if (event.workflowExecutionCancelRequestedEventAttributes != null) return { ...stamp, type: 'cancel_requested' }
  const broken = event.workflowTaskFailedEventAttributes
  if (broken != null) return { ...stamp, type: 'task_failed', failure: await failureText(broken.failure) }
  return (await activityOf(event, stamp, { first, failureText, summary })) ?? (await endOf(event, stamp, failureText))
}

/** What a payload says; null when it says nothing, or when the key it was encrypted with is gone: the rest is told all the same. */
export async function ifReadable<Value>(decode: () => Promise<Value | null | undefined>): Promise<Value | null> {
  try {
    return (await decode()) ?? null
  } catch {
    return null
  }
}

type Stamp = { readonly at: Instant; readonly eventId: number }
type Payloads = NonNullable<Event['workflowExecutionStartedEventAttributes']>['input']
type Failure = NonNullable<Event['activityTaskFailedEventAttributes']>['failure']
type Reading = {
  readonly first: (payloads: Payloads) => Promise<unknown>
  readonly failureText: (failure: Failure) => Promise<string | null>
  readonly summary: () => Promise<string | null>
}

async function activityOf(
  event: Event,
  stamp: Stamp,
  { first, failureText, summary }: Reading,
): Promise<TimelineEntry | null> {
  const begun = event.activityTaskScheduledEventAttributes
  if (begun != null) {
    const [activityId, activity] = [begun.activityId ?? '', begun.activityType?.name ?? '']
    const input = await first(begun.input)
    return { ...stamp, type: 'activity_begun', activityId, activity, summary: await summary(), input }
  }
  const tried = event.activityTaskStartedEventAttributes
  if (tried != null) {
    const [begunId, attempt] = [numberOf(tried.scheduledEventId), tried.attempt ?? 1]
    return { ...stamp, type: 'activity_tried', begunId, attempt, failure: await failureText(tried.lastFailure) }
  }
  const done = event.activityTaskCompletedEventAttributes
  if (done != null) {
    return {
      ...stamp,
      type: 'activity_done',
      begunId: numberOf(done.scheduledEventId),
      answer: await first(done.result),
    }
  }
  const failed = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes
  if (failed != null) {
    const begunId = numberOf(failed.scheduledEventId)
    if (failed.failure?.applicationFailureInfo?.type === 'another_writer') {
      return { ...stamp, type: 'activity_unneeded', begunId }
    }
    return { ...stamp, type: 'activity_failed', begunId, failure: await failureText(failed.failure) }
  }
  const letGo = event.activityTaskCancelRequestedEventAttributes
  if (letGo != null) return { ...stamp, type: 'activity_cancelled', begunId: numberOf(letGo.scheduledEventId) }
  return null
}

async function endOf(event: Event, stamp: Stamp, failureText: Reading['failureText']): Promise<TimelineEntry | null> {
  const ended = (how: (TimelineEntry & { type: 'ended' })['how'], failure: string | null = null): TimelineEntry => ({
    ...stamp,
    type: 'ended',
    how,
    failure,
  })
  if (event.workflowExecutionCompletedEventAttributes != null) return ended('completed')
  if (event.workflowExecutionContinuedAsNewEventAttributes != null) return ended('continued')
  if (event.workflowExecutionTimedOutEventAttributes != null) return ended('timed_out')
  if (event.workflowExecutionCanceledEventAttributes != null) return ended('cancelled')
  const terminated = event.workflowExecutionTerminatedEventAttributes
  if (terminated != null) return ended('terminated', terminated.reason ?? null)
  const failed = event.workflowExecutionFailedEventAttributes
  return failed == null ? null : ended('failed', await failureText(failed.failure))
}

/** A time as protobuf has it. */
export function instantAt(time: { seconds?: unknown; nanos?: number | null } | null | undefined): Instant {
  return instantOf(Math.floor(secondsOf(time) * 1000))
}

function secondsOf(time: { seconds?: unknown; nanos?: number | null } | null | undefined): number {
  return numberOf(time?.seconds) + Math.floor((time?.nanos ?? 0) / 1e6) / 1000
}

/** Event ids and seconds are 64 bits wide, which protobufjs has as objects. */
export function numberOf(value: unknown): number {
  return Number(value ?? 0)
}

/** A value's members, none when it is no object. */
export function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** A text, empty when it is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
