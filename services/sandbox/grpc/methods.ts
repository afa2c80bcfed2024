import type { Hono } from 'hono'
import type { CourseServiceServer } from '../../grpc/generated/course_service.ts'
import {
  CaptureMethod,
  IntentStatus,
  type Intent,
  type PaymentServiceServer,
} from '../../grpc/generated/payment_service.ts'
import type { UserServiceServer } from '../../grpc/generated/user_service.ts'
import type { SandboxEnv } from '../http/env.ts'
import { unary, type Ask } from './bridge.ts'

/** What the generated interface of a service asks for, without the index that grpc-js adds. */
type Methods<Service> = { [Name in keyof Service as string extends Name ? never : Name]: Service[Name] }

/** The user service over its HTTP route [S-06]. */
export function userMethods(app: Hono<SandboxEnv>): Methods<UserServiceServer> {
  return {
    getUser: unary(app, async ({ userId }, ask) => {
      const user = await ask('GET', `/internal/users/${encodeURIComponent(userId)}`)
      return { id: String(user['id']), ...present(user, ['name', 'email', 'phone']) }
    }),
  }
}

/** The course service over its HTTP route [S-06]. */
export function courseMethods(app: Hono<SandboxEnv>): Methods<CourseServiceServer> {
  return {
    getCourse: unary(app, async ({ courseId }, ask) => {
      const course = await ask('GET', `/internal/courses/${encodeURIComponent(courseId)}`)
      const price = course['price'] as { amount: number; currency: string }
      return {
        id: String(course['id']),
        title: String(course['title']),
        price,
        isPublished: course['is_published'] === true,
      }
    }),
  }
}

/** The payment service over its HTTP routes [S-03]. An intent whose state does not allow an operation is an answer here, as services/proto has it. */
export function paymentMethods(app: Hono<SandboxEnv>): Methods<PaymentServiceServer> {
  const path = (intentId: string) => `/api/v1/payments/intents/${encodeURIComponent(intentId)}`
  return {
    createIntent: unary(app, async ({ bookingId, amount, currency, capture, paymentMethod }, ask) =>
      intentOf(
        await ask('POST', '/api/v1/payments/intents', {
          booking_id: bookingId,
          amount,
          currency,
          capture: capture === CaptureMethod.CAPTURE_METHOD_AUTOMATIC ? 'automatic' : 'manual',
          ...(paymentMethod !== undefined && { payment_method: paymentMethod }),
        }),
      ),
    ),
    getIntent: unary(app, async ({ intentId }, ask) => intentOf(await ask('GET', path(intentId)))),
    listIntents: unary(app, async ({ bookingId }, ask) => {
      const { items } = await ask('GET', `/api/v1/payments/intents?booking_id=${encodeURIComponent(bookingId)}`)
      return { intents: (items as Record<string, unknown>[]).map(intentOf) }
    }),
    captureIntent: unary(app, async ({ intentId, amount }, ask) =>
      intentOf(await ask('POST', `${path(intentId)}/capture`, { amount }, intentInstead)),
    ),
    cancelIntent: unary(app, async ({ intentId }, ask) =>
      intentOf(await ask('POST', `${path(intentId)}/cancel`, {}, intentInstead)),
    ),
    createRefund: unary(app, async ({ intentId, amount, currency, reason }, ask) => {
      const refund = { intent_id: intentId, amount, currency, ...(reason !== '' && { reason }) }
      return { id: String((await ask('POST', '/api/v1/payments/refunds', refund))['id']) }
    }),
  }
}

const intentInstead: Parameters<Ask>[3] = (problem, status) =>
  status === 409 ? (problem['intent'] as Record<string, unknown> | undefined) : undefined

const STATUS: Readonly<Record<string, IntentStatus>> = {
  requires_payment_method: IntentStatus.INTENT_STATUS_REQUIRES_PAYMENT_METHOD,
  processing: IntentStatus.INTENT_STATUS_PROCESSING,
  authorized: IntentStatus.INTENT_STATUS_AUTHORIZED,
  succeeded: IntentStatus.INTENT_STATUS_SUCCEEDED,
  failed: IntentStatus.INTENT_STATUS_FAILED,
  cancelled: IntentStatus.INTENT_STATUS_CANCELLED,
}

function intentOf(intent: Record<string, unknown>): Intent {
  const { payment_method: paymentMethod, failure_code: failureCode } = present(intent, [
    'payment_method',
    'failure_code',
  ])
  return {
    id: String(intent['id']),
    clientSecret: String(intent['client_secret']),
    status: STATUS[String(intent['status'])] ?? IntentStatus.INTENT_STATUS_UNSPECIFIED,
    amount: Number(intent['amount']),
    amountCaptured: Number(intent['amount_captured']),
    amountRefunded: Number(intent['amount_refunded']),
    currency: String(intent['currency']),
    paymentMethod,
    failureCode,
    createdAt: String(intent['created_at']),
    updatedAt: String(intent['updated_at']),
  }
}

/** The texts that are there: null is absent on this wire. */
function present<Name extends string>(
  entry: Record<string, unknown>,
  names: readonly Name[],
): Partial<Record<Name, string>> {
  const texts: Partial<Record<Name, string>> = {}
  for (const name of names) if (typeof entry[name] === 'string') texts[name] = entry[name]
  return texts
}
