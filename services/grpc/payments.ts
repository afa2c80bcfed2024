import { instantOf } from '../../domain/time.ts'
import type { Intent, IntentStatus, Payments } from '../ports.ts'
import type { GrpcClient } from './client.ts'
import {
  CaptureMethod,
  IntentStatus as Status,
  PaymentServiceService as Service,
  type Intent as IntentMessage,
} from './generated/payment_service.ts'

const CAPTURE = {
  automatic: CaptureMethod.CAPTURE_METHOD_AUTOMATIC,
  manual: CaptureMethod.CAPTURE_METHOD_MANUAL,
} as const

const STATUS: Readonly<Record<Status, IntentStatus | null>> = {
  [Status.INTENT_STATUS_UNSPECIFIED]: null,
  [Status.INTENT_STATUS_REQUIRES_PAYMENT_METHOD]: 'requires_payment_method',
  [Status.INTENT_STATUS_PROCESSING]: 'processing',
  [Status.INTENT_STATUS_AUTHORIZED]: 'authorized',
  [Status.INTENT_STATUS_SUCCEEDED]: 'succeeded',
  [Status.INTENT_STATUS_FAILED]: 'failed',
  [Status.INTENT_STATUS_CANCELLED]: 'cancelled',
}

/** The payments port over gRPC (O-03). */
export function grpcPayments(client: GrpcClient): Payments {
  return {
    createIntent: ({ key, bookingId, amount, capture, method }) =>
      client.call(
        Service.createIntent,
        { bookingId, ...amount, capture: CAPTURE[capture], paymentMethod: method ?? undefined },
        intentOf,
        key,
      ),
    getIntent: (intentId) => client.call(Service.getIntent, { intentId }, intentOf),
    listIntents: (bookingId) => client.call(Service.listIntents, { bookingId }, ({ intents }) => intents.map(intentOf)),
    capture: ({ key, intentId, amount }) =>
      client.call(Service.captureIntent, { intentId, amount: amount.amount }, intentOf, key),
    cancel: ({ key, intentId }) => client.call(Service.cancelIntent, { intentId }, intentOf, key),
    refund: ({ key, intentId, amount, reason }) =>
      client.call(Service.createRefund, { intentId, ...amount, reason }, () => undefined, key),
  }
}

function intentOf(message: IntentMessage): Intent {
  const status = STATUS[message.status] ?? null
  if (status === null || message.id === '') throw new Error(`answered an intent that is ${message.status}`)
  return {
    id: message.id,
    clientSecret: message.clientSecret,
    status,
    amount: message.amount,
    amountCaptured: message.amountCaptured,
    ...(message.amountRefunded !== undefined && { amountRefunded: message.amountRefunded }),
    currency: message.currency,
    method: message.paymentMethod ?? null,
    failureCode: message.failureCode ?? null,
    createdAt: instantOf(Date.parse(message.createdAt)),
    updatedAt: instantOf(Date.parse(message.updatedAt)),
  }
}
