import type { Confirm, SlowOutcome } from './schemas.ts'

/** What the bank makes of one confirmation. */
type Attempt =
  | { kind: 'authorise'; refusesCapture: boolean; paysTwice: boolean }
  | { kind: 'capture'; refundFailures: number }
  | { kind: 'decline'; failureCode: string }
  | { kind: 'process'; milliseconds: number; outcome: SlowOutcome }

/** The test payment methods [S-07]. Options of another method mean nothing and are let through. */
export function attemptOf(confirm: Confirm): Attempt {
  switch (confirm.payment_method) {
    case 'pm_card_visa':
      return { kind: 'authorise', refusesCapture: false, paysTwice: false }
    case 'pm_card_declined':
      return { kind: 'decline', failureCode: 'card_declined' }
    case 'pm_card_capture_fails':
      return { kind: 'authorise', refusesCapture: true, paysTwice: false }
    case 'pm_bank_immediate':
      return { kind: 'capture', refundFailures: 0 }
    case 'pm_bank_slow':
      return {
        kind: 'process',
        milliseconds: Math.ceil(confirm.processing_seconds * 1000),
        outcome: confirm.outcome,
      }
    case 'pm_pays_twice':
      return { kind: 'authorise', refusesCapture: false, paysTwice: true }
    case 'pm_refund_fails':
      return { kind: 'capture', refundFailures: confirm.times }
  }
}
