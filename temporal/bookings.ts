import { status } from '@grpc/grpc-js'
import {
  isGrpcServiceError,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client'
import { ApplicationFailure, type UpdateDefinition } from '@temporalio/common'
import type { CommandType } from '../domain/commands.ts'
import { orderWithoutContact } from '../domain/contact.ts'
import type { PaymentEvent } from '../domain/facts.ts'
import { isFailureCode, Refused } from '../domain/failures.ts'
import type { Order } from '../domain/order.ts'
import { instantOf } from '../domain/time.ts'
import {
  commands,
  create,
  followupId,
  payment,
  reconcile,
  WORKFLOW_TYPE,
  type BookingInput,
  type BookingResult,
  type CommandAnswer,
  type CommandInput,
  type Comparison,
  type Created,
  type PaymentEventAnswer,
} from '../workflows/contract.ts'
import { orderedText } from '../workflows/details.ts'
import { firstAttributes } from '../workflows/search-attributes.ts'

/** Short, so that the bookings of a killed worker go on after seconds (temporal.md, 5); longer than the local activities of a task. */
const TASK_TIMEOUT = '5 seconds'

/** How often a create that ended as `unavailable` may be begun anew under one key. */
const MAX_STARTS = 20

/**
 * How API, inbox and tests talk to bookings. Every call ends within `deadlineMs`; past it, or when Temporal is out of reach, it throws Refused
 * `unavailable`, and then the outcome is unknown: repeat it under the same id.
 */
export type BookingWorkflows = {
  /**
   * Starts the booking's workflow and answers when the units are held. The booking's id names the operation: asked again, at once or later, it gives
   * the first answer. Throws Refused with the workflow's refusal.
   */
  create(order: Order): Promise<Created>
  /** Gives a booking a command; a repeated `updateId` gets the first answer. Throws Refused with the workflow's refusal. */
  command(bookingId: string, type: CommandType, input: CommandInput, updateId: string): Promise<CommandAnswer>
  /**
   * Tells a booking a payment fact, whether its workflow still runs or not; with `onlyRunning`, one without an open run is not told, and the fact is `stale`.
   * Throws Refused `not_found` when there is no such booking.
   */
  tell(
    bookingId: string,
    paymentEvent: PaymentEvent,
    how?: { readonly onlyRunning: boolean },
  ): Promise<PaymentEventAnswer['outcome']>
  /**
   * Has a booking load itself anew and learn what was compared, in its open run or in one that is started for it (H-25). Throws Refused `not_found` when the
   * database has no such booking; then its run is over.
   */
  reconcile(bookingId: string, comparison: Comparison, updateId: string): Promise<CommandAnswer>
}

/** Bookings as workflows on a task queue. `publicUrl` is where operators' browsers find the API; without it there are no links in the Temporal UI. */
export function bookingWorkflows(
  client: Client,
  taskQueue: string,
  deadlineMs: number,
  publicUrl?: string,
): BookingWorkflows {
  const within = <Answer>(call: () => Promise<Answer>): Promise<Answer> =>
    client.withDeadline(Date.now() + deadlineMs, () => translated(call))

  const startOperation = (
    workflowId: string,
    input: BookingInput,
    reuse: 'ALLOW_DUPLICATE' | 'ALLOW_DUPLICATE_FAILED_ONLY',
  ) =>
    new WithStartWorkflowOperation<(input: BookingInput) => Promise<BookingResult>>(WORKFLOW_TYPE, {
      workflowId,
      taskQueue,
      args: [{ ...input, ...(publicUrl !== undefined && { publicUrl }) }],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: reuse,
      workflowTaskTimeout: TASK_TIMEOUT,
      ...shownAs(input, publicUrl),
    })

  async function update<Answer, Args extends [unknown]>(
    bookingId: string,
    definition: UpdateDefinition<Answer, Args>,
    args: Args,
    updateId: string,
  ): Promise<Answer> {
    try {
      return await client.workflow.getHandle(bookingId).executeUpdate(definition, { args, updateId })
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error
      // The workflow has ended: work that comes after it runs under one other id, from what PostgreSQL knows.
      const startWorkflowOperation = startOperation(followupId(bookingId), { resume: { bookingId } }, 'ALLOW_DUPLICATE')
      return client.workflow.executeUpdateWithStart(definition, { startWorkflowOperation, args, updateId })
    }
  }

  /** The same of a run that is open, the booking's own or what came after it; null: there is none. */
  async function updateOpen<Answer, Args extends [unknown]>(
    bookingId: string,
    definition: UpdateDefinition<Answer, Args>,
    args: Args,
    updateId: string,
  ): Promise<Answer | null> {
    for (const workflowId of [bookingId, followupId(bookingId)]) {
      try {
        return await client.workflow.getHandle(workflowId).executeUpdate(definition, { args, updateId })
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error
      }
    }
    return null
  }

  /** What became of a booking whose workflow ended without this update: its result says. */
  async function outcomeOf(bookingId: string): Promise<Created> {
    const result = await client.workflow.getHandle<(input: BookingInput) => Promise<BookingResult>>(bookingId).result()
    if (result.status === 'lost')
      throw new Refused({ code: 'not_found', message: 'The booking was lost with its database.' })
    if (result.status !== 'rejected') return { version: result.version, status: result.status }
    const code = isFailureCode(result.refusal) ? result.refusal : 'unavailable'
    throw new Refused({ code, message: 'This booking was refused before.' })
  }

  return {
    create: (order) =>
      within(async () => {
        const askedAt = new Date().toISOString()
        const plain = orderWithoutContact(order)
        // A start that ended as `unavailable` failed its run; only then does the policy let the same id start again, under a new update id,
        // because the old one would get the old answer.
        for (let start = 1; ; start += 1) {
          try {
            return await client.workflow.executeUpdateWithStart(create, {
              startWorkflowOperation: startOperation(order.bookingId, { order: plain }, 'ALLOW_DUPLICATE_FAILED_ONLY'),
              updateId: `create-${start}`,
            })
          } catch (error) {
            if (error instanceof WorkflowExecutionAlreadyStartedError) return outcomeOf(order.bookingId)
            if (!isEarlierOutage(error, askedAt) || start === MAX_STARTS) throw error
          }
        }
      }),

    command: (bookingId, type, input, updateId) =>
      within(async () => {
        const askedAt = new Date().toISOString()
        const plain = plainInput(input)
        // A change that was `unavailable` changed nothing, and may be tried again: under another update id, as in `create`.
        for (let start = 1; ; start += 1) {
          try {
            return await update(bookingId, commands[type], [plain], start === 1 ? updateId : `${updateId}-${start}`)
          } catch (error) {
            if (!isEarlierOutage(error, askedAt) || start === MAX_STARTS) throw error
          }
        }
      }),

    reconcile: (bookingId, comparison, updateId) => within(() => update(bookingId, reconcile, [comparison], updateId)),

    async tell(bookingId, paymentEvent, { onlyRunning } = { onlyRunning: false }) {
      const asked = () => update(bookingId, payment, [paymentEvent], paymentEvent.id)
      const askedOfOpen = () => updateOpen(bookingId, payment, [paymentEvent], paymentEvent.id)
      try {
        const answer = await within(onlyRunning ? askedOfOpen : asked)
        return answer === null ? 'stale' : answer.outcome
      } catch (error) {
        if (error instanceof Refused && error.details['stale'] === true) return 'stale'
        throw error
      }
    },
  }
}

/**
 * What the Temporal UI shows of a run before its first task. Of a follow-up no more is known than the booking's id: its first task upserts the rest
 * (workflows/visibility.ts).
 */
function shownAs(input: BookingInput, publicUrl: string | undefined) {
  if ('resume' in input) return { staticSummary: `after the end of ${input.resume.bookingId}` }
  const { order } = input
  return {
    staticSummary: `${order.profile} ${order.reference}`,
    staticDetails: orderedText(order, publicUrl),
    typedSearchAttributes: firstAttributes(order, instantOf(Date.now())),
  }
}

/** An order that a change asks for is of a customer whom the database knows (N-24). */
function plainInput(input: CommandInput): CommandInput {
  const { change } = input
  if (change?.order == null) return input
  return { ...input, change: { ...change, order: orderWithoutContact(change.order) } }
}

/** Is it the answer to an earlier request under the same id, which could not be done then? */
function isEarlierOutage(error: unknown, askedAt: string): boolean {
  const failure = failureBehind(error)
  const failedAt = failure?.type === 'unavailable' ? detailsOf(failure)['at'] : undefined
  return typeof failedAt === 'string' && failedAt < askedAt
}

/** Ten updates of one run are in flight already, or Temporal's own limit of requests is reached (N-73). */
function isCrowded(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (isGrpcServiceError(each) && each.code === status.RESOURCE_EXHAUSTED) return true
  }
  return false
}

/** Gives Temporal's errors the product's names. */
async function translated<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof Refused) throw error
    const failure = failureBehind(error)
    if (failure !== null && isFailureCode(failure.type)) {
      throw new Refused({ code: failure.type, message: failure.message, details: detailsOf(failure) }, { cause: error })
    }
    if (isCrowded(error)) {
      throw new Refused(
        {
          code: 'rate_limited',
          message: 'Too much is asked of this booking at once. Repeat the request with the same Idempotency-Key.',
          details: { retry_after: 2 },
        },
        { cause: error },
      )
    }
    const message =
      error instanceof WorkflowUpdateRPCTimeoutOrCancelledError
        ? 'The booking engine did not answer in time; whether it was done is not known. Repeat the request with the same Idempotency-Key.'
        : 'The booking engine is out of reach. Repeat the request with the same Idempotency-Key.'
    // A failure without a name is nobody's refusal: a step of the engine's own did not succeed, and may the next time.
    const isUnnamed = error instanceof WorkflowUpdateFailedError || error instanceof WorkflowFailedError
    const isOutage = isUnnamed || error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcServiceError(error)
    if (isOutage) throw new Refused({ code: 'unavailable', message }, { cause: error })
    throw error
  }
}

function failureBehind(error: unknown): ApplicationFailure | null {
  const isFailed = error instanceof WorkflowUpdateFailedError || error instanceof WorkflowFailedError
  return isFailed && error.cause instanceof ApplicationFailure ? error.cause : null
}

function detailsOf({ details }: ApplicationFailure): Record<string, unknown> {
  const first: unknown = details?.[0]
  return typeof first === 'object' && first !== null ? { ...first } : {}
}
