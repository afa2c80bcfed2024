import type { Deadline, WaitingFor } from '../domain/deadlines.ts'

/** What a booking waits for, for operators. */
export const WAITING_LABELS: Readonly<Record<WaitingFor, string>> = {
  confirmation: 'the customer, who has reserved and has to confirm it',
  displacement: 'a choice: its unit was taken away, so it is to be moved, kept or cancelled',
  payment_intent: 'the payment service, which was asked for a payment and has not answered yet',
  payment: 'the customer, who has to pay',
  payment_outcome: 'the payment service: whether it is paid is not known yet',
  change_payment: 'the customer, who has to pay for the change',
  approval: 'somebody who approves or declines it',
  capture: 'the payment service, which is to take the money that was authorised',
  meeting_link: 'the meeting service, which is to make the link',
  visit: 'the visit',
  completion: 'the end of the visit',
  payment_void: 'the payment service, which is to cancel a payment that nobody wants any more',
  refund: 'money to go back to the customer',
}

/** What happens at a deadline. */
export const DEADLINE_LABELS: Readonly<Record<Deadline['kind'], string>> = {
  hold_expiry: 'the hold ends, after the payment service was asked',
  approval: 'it is given up if nobody has approved it',
  displacement: 'it is cancelled with everything back if nobody has chosen',
  no_show: 'the customer counts as not having come',
  close: 'the visit is taken as over',
  change_expiry: 'the change is given up if it is not paid for',
}

/** Why a person is needed, and what helps; a reason without words of its own is shown as it is. */
export const ATTENTION_LABELS: Readonly<Record<string, string>> = {
  refund_failed:
    'the payment service refused a refund. Try it again (retry), or pay it back by hand and say so (settle_refund)',
  refund_bounced: 'a refund came back from the customer’s bank. Pay it back by hand and say so (settle_refund)',
  amount_mismatch:
    'it was paid in another currency than its price; all of that goes back. Find out where it was asked for, then say that it is seen to (acknowledge)',
  refunded_elsewhere:
    'somebody gave money back at the payment service, past us, and the booking stands. Cancel it or keep it, then say that it is seen to (acknowledge)',
  disputed:
    'the customer disputes the payment at their bank; nothing is refunded by itself until that is decided. Answer the dispute at the payment service',
  dispute_lost:
    'a dispute is lost: the customer has the money back. Cancel the booking or keep it, pay nothing a second time, then say that it is seen to (acknowledge)',
  payment_outcome_unknown: 'the payment service does not say whether it was paid; it goes on being asked',
  request_payment_overdue: 'the payment service has been silent for long; it goes on being asked for a payment',
  capture_overdue: 'the payment service has been silent for long; the money is authorised and not taken yet',
  make_meeting_overdue: 'the meeting service has been silent for long; there is no link yet',
  void_overdue: 'a payment that nobody wants could not be cancelled for days; it goes on being tried',
  refund_overdue: 'a refund has been tried for days without an answer; it goes on being tried',
  payments_disagree:
    'the payment service has other sums of it than we. Compare the two: most likely somebody gave money back by hand',
  money_disagrees: 'what was taken, given back and kept does not add up. The audit of the invariants says what',
  claims_disagree: 'its units and its status do not agree. The audit of the invariants says what',
  records_disagree: 'its history, its messages and itself do not agree. The audit of the invariants says what',
}
