import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'

/**
 * Every timeout and retry of the product, with its reason. Temporal is the only layer that retries: the clients underneath try once.
 *
 * Local activities run inside the workflow task that answers the customer. They must be over well before the task's timeout (10 s by default)
 * and are run again when a worker dies, so each is safe to repeat. What moves money or undoes something is a regular activity: operators see
 * it in the UI, pause it and retry it (temporal.md, 1.9).
 */

/** Two tries within the first workflow task: a dropped connection is worth a second one, a customer is not worth a third. */
export const { hold } = proxyLocalActivities<Activities>({
  summary: 'price it and hold the units',
  startToCloseTimeout: '2 seconds',
  retry: { maximumAttempts: 2, initialInterval: '50 milliseconds' },
})

/** One try: when the payment service is slow the customer gets the held booking at once and the intent a little later. */
export const { requestPaymentAtOnce } = proxyLocalActivities<Activities>({
  summary: 'ask for the payment, once',
  startToCloseTimeout: '1 second',
  retry: { maximumAttempts: 1 },
})

/** Writes of the projection: two quick tries here, then `recordDurably` for as long as it takes. */
export const { record } = proxyLocalActivities<Activities>({
  summary: 'write what happened',
  startToCloseTimeout: '2 seconds',
  retry: { maximumAttempts: 2, initialInterval: '50 milliseconds' },
})

/** What the database knows: two quick tries here, which cost one event of history, then `durably.load` for as long as it takes. */
export const { load } = proxyLocalActivities<Activities>({
  summary: 'read the booking',
  startToCloseTimeout: '2 seconds',
  retry: { maximumAttempts: 2, initialInterval: '50 milliseconds' },
})

/** Nothing else may happen to a booking before this is written, so it is tried until the database is back. */
export const durably = {
  record: untilDone('write what happened, until the database is back').record,
  load: untilDone('read the booking, until the database is back').load,
} as const

function untilDone(summary: string) {
  return proxyActivities<Activities>({
    summary,
    startToCloseTimeout: '10 seconds',
    retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
  })
}

/**
 * After so long a transaction that nobody waits for any more has ended, one way or the other (prisma/changes.ts gives it 5 s): only then does the
 * database say for good whether a change was made.
 */
export const TRANSACTION_IS_OVER = '6 seconds'

/** Calls of other services that have a patience of their own (domain/effects.ts): `scheduleToCloseTimeout` is given with each. */
export const QUICK_RETRY = {
  initialInterval: '500 milliseconds',
  backoffCoefficient: 2,
  maximumInterval: '30 seconds',
} as const

/** Refunds and voids are in no hurry and must not hammer a service that is down: from seconds to an hour apart, for days. */
export const PATIENT_RETRY = { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 hour' } as const

/** How long one try of a call of another service may take, in milliseconds; its own deadline is shorter (services/http.ts). */
export const ONE_CALL_MS = 10_000

/**
 * How long an expiring hold waits for the payment service before it counts as silent, in seconds: shorter than the default
 * `lapseGraceSeconds`, so that the hold is kept from takeover before others may have it.
 */
export const CLOSING_PATIENCE_SECONDS = 6
