import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  setCurrentDetails,
  workflowInfo,
  type ApplicationFailure,
} from '@temporalio/workflow'
import type { Booking } from '../domain/booking.ts'
import type { Order } from '../domain/order.ts'
import { deadlineOf, isAtRest } from '../domain/deadlines.ts'
import { durably } from './activities.ts'
import { DeadlineTimer, now } from './clock.ts'
import type { BookingInput, BookingResult } from './contract.ts'
import { processMessage } from './process-message.ts'
import { Mailbox, type Message } from './mailbox.ts'
import { detailsOf, LOST_DETAILS } from './details.ts'
import { EffectRunner } from './effect-runner.ts'
import { failureOf, isRefusal, refusal } from './failures.ts'
import { registerHandlers } from './handlers.ts'
import { Visibility } from './visibility.ts'
import { confirmIfFree, holdUnits, requestPayment } from './start.ts'
import { inTrace, traced } from './trace.ts'

/** What a run of the workflow knows; `booking` is null until the units are held, `refused` says that they never will be. */
export type Run = {
  booking: Booking | null
  refused: ApplicationFailure | null
  /** The database has no such booking: it was restored to a time before this one (ADR 0017). */
  isLost: boolean
  readonly mailbox: Mailbox
}

/**
 * One booking, from hold to refund: it is priced, its units are held, the payment is asked for; then it waits for whatever comes next (a
 * payment fact, a command, its deadline, an answer from another service), processes one at a time, and ends when nothing more can happen
 * without a new message. A message that finds it ended starts it again under `followupId`, from what PostgreSQL knows.
 */
export async function booking(input: BookingInput): Promise<BookingResult> {
  const run: Run = { booking: null, refused: null, isLost: false, mailbox: new Mailbox() }
  const visibility = new Visibility()
  registerHandlers(run)
  takeCancellationAsCommand(run.mailbox)
  return CancellationScope.nonCancellable(async () => {
    try {
      // As a span it is over when there is something to tell: what comes later, for days, belongs to the traces of the messages.
      run.booking = await traced(`RunWorkflow:${workflowInfo().workflowType}`, 'run', () =>
        'order' in input ? startBooking(input.order) : resume(input.resume.bookingId),
      )
    } catch (error) {
      return reject(run, visibility, error)
    }
    return live(run, visibility, input, run.booking.id)
  })
}

/** Price it, hold the units, ask for the payment: all in the task that answers the customer. */
async function startBooking(order: Order): Promise<Booking> {
  const held = await holdUnits(order)
  return requestPayment(await confirmIfFree(held))
}

async function resume(bookingId: string): Promise<Booking> {
  const booking = await durably.load(bookingId)
  if (booking === null) throw refusal({ code: 'not_found', message: `There is no booking ${bookingId}.` })
  return booking
}

async function live(
  run: Run,
  visibility: Visibility,
  { publicUrl }: BookingInput,
  bookingId: string,
): Promise<BookingResult> {
  const timer = new DeadlineTimer(() => run.mailbox.post({ type: 'deadline' }))
  const effectRunner = new EffectRunner(run.mailbox)
  for (;;) {
    const current = run.booking ?? (await resume(bookingId))
    inTrace(run.mailbox.trace, () => {
      if (!run.isLost) effectRunner.reconcile(current)
      timer.set(run.isLost ? null : deadlineOf(current))
    })
    setCurrentDetails(run.isLost ? LOST_DETAILS : detailsOf(current, publicUrl))
    if (!run.isLost) visibility.show(current)

    const isDone = () => effectRunner.isIdle && isAtRest(current, now()) && !visibility.needsPerson(current)
    const isOver = () => run.isLost || isDone()
    const isLong = () => effectRunner.isIdle && workflowInfo().continueAsNewSuggested
    await condition(() => !run.mailbox.isEmpty || ((isOver() || isLong()) && allHandlersFinished()))

    if (await run.mailbox.next((message) => processAndRequestPayment(run, message))) continue
    if (isOver()) return { status: run.isLost ? 'lost' : current.status, version: current.version, refusal: null }
    await continueAsNew<typeof booking>({ resume: { bookingId }, ...(publicUrl !== undefined && { publicUrl }) })
  }
}

/** Whoever confirms a reservation is answered with what there is to pay, as whoever books at once is. */
async function processAndRequestPayment(run: Run, message: Message): Promise<void> {
  await processMessage(run, message)
  const isConfirmed = message.type === 'command' && message.command.type === 'confirm_reservation'
  if (isConfirmed && run.booking !== null) run.booking = await requestPayment(run.booking)
}

/**
 * Tells the waiting customer why there is no booking. A refusal completes the run: asked again under the same key it is the answer again.
 * `unavailable` fails it: Temporal then lets the same key start anew (A-30: a 503 is never the final answer).
 */
async function reject(run: Run, visibility: Visibility, error: unknown): Promise<BookingResult> {
  const failure = failureOf(error)
  if (failure === null) throw error
  const isFinal = isRefusal(failure) && failure.type !== 'unavailable'
  // When it happened tells the API whether the answer is for this request or for an earlier one under the same key.
  run.refused = isFinal ? failure : refusal({ code: 'unavailable', message: failure.message, details: { at: now() } })
  visibility.showRejected()
  await condition(allHandlersFinished)
  if (!isFinal) throw run.refused
  return { status: 'rejected', version: 0, refusal: failure.type ?? null }
}

/** A cancellation from the Temporal UI is an operator's command like any other: it must not cut a step in half. */
function takeCancellationAsCommand(mailbox: Mailbox): void {
  CancellationScope.current().cancelRequested.catch(() => {
    mailbox.post({
      type: 'command',
      command: {
        type: 'cancel',
        by: { role: 'operator', id: 'temporal' },
        reason: 'workflow_cancelled',
        expectedVersion: null,
      },
      seenVersion: null,
    })
  })
}
