import { newId, type Books, type Dispute, type Intent } from './books.ts'
import { disputeObject } from './objects.ts'

/** The customer goes to their bank: the charge can no longer be refunded. The money is taken at once, or later. */
export function openDispute(books: Books, intent: Intent, amount: number, reason = 'fraudulent'): Dispute {
  const dispute: Dispute = {
    id: newId('dp'),
    intent,
    created: books.second,
    amount,
    reason,
    status: 'needs_response',
    isWithdrawn: false,
  }
  books.disputes.set(dispute.id, dispute)
  intent.charge!.isDisputed = true
  intent.charge!.wasDisputed = true
  books.tell('charge.dispute.created', disputeObject(dispute))
  return dispute
}

export function withdrawFunds(books: Books, dispute: Dispute): void {
  dispute.isWithdrawn = true
  books.record('disputed', dispute.intent, dispute.amount)
  books.tell('charge.dispute.funds_withdrawn', disputeObject(dispute))
}

/** The bank has decided. What was taken comes back when it is won; what was not yet taken goes when it is lost. */
export function closeDispute(books: Books, dispute: Dispute, status: 'won' | 'lost'): void {
  if (status === 'lost' && !dispute.isWithdrawn) withdrawFunds(books, dispute)
  dispute.status = status
  if (status === 'won') {
    dispute.intent.charge!.isDisputed = false
    if (dispute.isWithdrawn) {
      dispute.isWithdrawn = false
      books.record('dispute_returned', dispute.intent, dispute.amount)
      books.tell('charge.dispute.funds_reinstated', disputeObject(dispute))
    }
  }
  books.tell('charge.dispute.closed', disputeObject(dispute))
}
