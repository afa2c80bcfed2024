-- Writes the entries of a change that `record_change` has just applied, in its transaction: called around it, so that both are one statement. Of a
-- change that was made before, the entries were written with it.
CREATE OR REPLACE FUNCTION record_financial_entries(p_result text, p_entries jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF p_result = 'applied' THEN
    INSERT INTO financial_entries (booking_id, payment_id, ledger_key, profile, clinic_id, provider_id, type, total_amount, platform_fee,
      clinic_amount, tax_amount, currency, created_at, updated_at)
    SELECT booking_id, payment_id, ledger_key, profile, clinic_id, provider_id, type, total_amount, platform_fee,
      clinic_amount, tax_amount, currency, created_at, created_at
    FROM jsonb_populate_recordset(NULL::financial_entries, p_entries);
  END IF;
  RETURN p_result;
END $$;
