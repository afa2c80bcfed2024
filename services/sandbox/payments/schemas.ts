import { z } from 'zod'
import { currency, identifier, text } from '../http/fields.ts'

const paymentMethods = [
  'pm_card_visa',
  'pm_card_declined',
  'pm_card_capture_fails',
  'pm_bank_immediate',
  'pm_bank_slow',
  'pm_pays_twice',
  'pm_refund_fails',
] as const

const slowOutcomes = ['succeeded', 'authorized', 'failed'] as const
export type SlowOutcome = (typeof slowOutcomes)[number]

/** Minor units; an intent or refund over nothing is refused. */
const positive = z.int().min(1)

export const createIntentBody = z.strictObject({
  booking_id: identifier,
  amount: positive,
  currency,
  capture: z.enum(['automatic', 'manual']),
  payment_method: identifier.optional(),
  metadata: z.record(text(100), z.union([text(1000), z.number(), z.boolean(), z.null()])).optional(),
})

export const confirmBody = z.strictObject({
  client_secret: text(200),
  payment_method: z.enum(paymentMethods),
  /** For pm_bank_slow: seconds until its outcome, fractions allowed. */
  processing_seconds: z
    .number()
    .min(0)
    .max(30 * 24 * 3600)
    .default(5),
  outcome: z.enum(slowOutcomes).default('succeeded'),
  /** For what is authorised: seconds until the bank lets go of it by itself; without it, it never does. */
  authorization_seconds: z
    .number()
    .min(0)
    .max(30 * 24 * 3600)
    .optional(),
  /** For pm_refund_fails: how often a refund fails under one key. */
  times: z.int().min(0).max(1_000_000).default(1),
})

export const captureBody = z.strictObject({ amount: positive.optional() })
export const cancelBody = z.strictObject({ reason: text(500).optional() })

export const refundBody = z.strictObject({
  intent_id: identifier,
  amount: positive,
  currency,
  reason: text(500).optional(),
})

export type CreateIntent = z.output<typeof createIntentBody>
export type Confirm = z.output<typeof confirmBody>
export type Capture = z.output<typeof captureBody>
export type Refund = z.output<typeof refundBody>
