import { Refused } from '../../domain/failures.ts'
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

/** What the bank says for good has these statuses; every other refusal of a request is a fault of ours (N-12). */
const NOS: ReadonlySet<unknown> = new Set(['FAILED_PRECONDITION', 'OUT_OF_RANGE', 'NOT_FOUND'])

/** The payments port over gRPC (O-03). */
export function grpcPayments(grpc: GrpcClient): Payments {
  const client: Pick<GrpcClient, 'call'> = {
    async call(...call) {
      try {
        return await grpc.call(...call)
      } catch (error) {
        if (!(error instanceof Refused) || error.code === 'unavailable') throw error
        if (NOS.has(error.details['grpc_status'])) throw error
        throw new Refused({ code: 'unavailable', message: error.message, details: error.details }, { cause: error })
      }
    },
  }
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
      client.call(
        Service.createRefund,
        { intentId, ...amount, reason },
        ({ id }) => ({ id: id === '' ? null : id }),
        key,
      ),
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
