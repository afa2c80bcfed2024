/**
 * Why a booking needs a person when places that know of it do not agree, and no rule says which one is right (H-25): the payment service and we; its
 * money and its status; its claims and its status; its history, its messages and itself.
 */
export const DISCREPANCY_REASONS = [
  'payments_disagree',
  'money_disagrees',
  'claims_disagree',
  'records_disagree',
] as const
export type DiscrepancyReason = (typeof DISCREPANCY_REASONS)[number]

/** Is this reason of an attention one that only reconciliation takes back, once all agree again? */
export function isDiscrepancyReason(reason: string): reason is DiscrepancyReason {
  return DISCREPANCY_REASONS.some((known) => known === reason)
}
