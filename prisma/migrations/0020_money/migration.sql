-- What the payment service did by itself (disputes, refunds made in its dashboard; N-14), which refund it was (N-13), and a ledger that adds up whoever writes it (N-17).

ALTER TABLE bookings ADD COLUMN disputes jsonb;
ALTER TABLE refunds ADD COLUMN refund_id text;

ALTER TABLE refunds DROP CONSTRAINT refunds_status;
ALTER TABLE refunds ADD CONSTRAINT refunds_status CHECK (status IN ('pending', 'succeeded', 'failed', 'dropped'));

ALTER TABLE ledger DROP CONSTRAINT ledger_sign;
ALTER TABLE ledger ADD CONSTRAINT ledger_sign CHECK (
  (kind IN ('captured', 'dispute_returned') AND amount > 0) OR (kind IN ('refunded', 'disputed') AND amount < 0));

ALTER TABLE financial_entries DROP CONSTRAINT financial_entries_signs;
ALTER TABLE financial_entries ADD CONSTRAINT financial_entries_signs CHECK (
  (type IN ('payment', 'dispute_returned') AND total_amount > 0 AND least(platform_fee, clinic_amount, tax_amount) >= 0)
  OR (type IN ('refund', 'dispute') AND total_amount < 0 AND greatest(platform_fee, clinic_amount, tax_amount) <= 0));

-- Nothing is captured beyond what was authorised.
UPDATE payments SET amount = captured WHERE captured > amount;
ALTER TABLE payments ADD CONSTRAINT payments_capture_within_amount CHECK (captured <= amount);
