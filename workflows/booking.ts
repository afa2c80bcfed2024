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
import { deadlineOf, isAtRest } from '../domain/outlook.ts'
import { durably } from './activities.ts'
import { Alarm, now } from './clock.ts'
import type { BookingInput, BookingResult } from './contract.ts'
import { deal } from './deal.ts'
import { Desk, type Message } from './desk.ts'
import { detailsOf } from './details.ts'
import { Workbench } from './duties.ts'
import { failureOf, isRefusal, refusal } from './failures.ts'
import { listen } from './handlers.ts'
import { Listing } from './listing.ts'
import { confirmIfFree, holdUnits, requestPayment } from './place.ts'

/** What a run of the workflow knows; `booking` is null until the units are held, `refused` says that they never will be. */
export type Run = {
  booking: Booking | null
  refused: ApplicationFailure | null
  readonly desk: Desk
}

/**
 * One booking, from hold to refund: it is priced, its units are held, the payment is asked for; then it waits for whatever comes next (a
 * payment fact, a command, its deadline, an answer from another service), deals with one at a time, and ends when nothing more can happen
 * without a new message. A message that finds it ended starts it again under `followupId`, from what PostgreSQL knows.
 */
export async function booking(input: BookingInput): Promise<BookingResult> {
  const run: Run = { booking: null, refused: null, desk: new Desk() }
  const listing = new Listing()
  listen(run)
  takeCancellationAsCommand(run.desk)
  return CancellationScope.nonCancellable(async () => {
    try {
      run.booking = 'order' in input ? await place(input.order) : await resume(input.resume.bookingId)
    } catch (error) {
      return reject(run, listing, error)
    }
    return live(run, listing, input, run.booking.id)
  })
}

/** Price it, hold the units, ask for the payment: all in the task that answers the customer. */
async function place(order: Order): Promise<Booking> {
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
  listing: Listing,
  { publicUrl }: BookingInput,
  bookingId: string,
): Promise<BookingResult> {
  const alarm = new Alarm(() => run.desk.leave({ type: 'deadline' }))
  const workbench = new Workbench(run.desk)
  for (;;) {
    const current = run.booking ?? (await resume(bookingId))
    workbench.attend(current)
    alarm.set(deadlineOf(current))
    setCurrentDetails(detailsOf(current, publicUrl))
    listing.show(current)

    const isOver = () => workbench.isIdle && isAtRest(current, now()) && !listing.needsPerson(current)
    const isLong = () => workbench.isIdle && workflowInfo().continueAsNewSuggested
    await condition(() => !run.desk.isEmpty || ((isOver() || isLong()) && allHandlersFinished()))

    if (await run.desk.take((message) => dealAndAsk(run, message))) continue
    if (isOver()) return { status: current.status, version: current.version, refusal: null }
    await continueAsNew<typeof booking>({ resume: { bookingId }, ...(publicUrl !== undefined && { publicUrl }) })
  }
}

/** Whoever confirms a reservation is answered with what there is to pay, as whoever books at once is. */
async function dealAndAsk(run: Run, message: Message): Promise<void> {
  await deal(run, message)
  const isConfirmed = message.type === 'command' && message.command.type === 'confirm_reservation'
  if (isConfirmed && run.booking !== null) run.booking = await requestPayment(run.booking)
}

/**
 * Tells the waiting customer why there is no booking. A refusal completes the run: asked again under the same key it is the answer again.
 * `unavailable` fails it: Temporal then lets the same key start anew (A-30: a 503 is never the final answer).
 */
async function reject(run: Run, listing: Listing, error: unknown): Promise<BookingResult> {
  const failure = failureOf(error)
  if (failure === null) throw error
  const isFinal = isRefusal(failure) && failure.type !== 'unavailable'
  // When it happened tells the API whether the answer is for this request or for an earlier one under the same key.
  run.refused = isFinal ? failure : refusal({ code: 'unavailable', message: failure.message, details: { at: now() } })
  listing.showRejected()
  await condition(allHandlersFinished)
  if (!isFinal) throw run.refused
  return { status: 'rejected', version: 0, refusal: failure.type ?? null }
}

/** A cancellation from the Temporal UI is an operator's command like any other: it must not cut a step in half. */
function takeCancellationAsCommand(desk: Desk): void {
  CancellationScope.current().cancelRequested.catch(() => {
    desk.leave({
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
