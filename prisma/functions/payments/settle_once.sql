-- Of a financial entry only its settlement is ever written, and once (C-06, N-17).
CREATE OR REPLACE FUNCTION settle_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  settlement text[] := ARRAY['status', 'settlement_date', 'settlement_details', 'transaction_reference', 'settled_by', 'updated_at'];
BEGIN
  IF OLD.status = 'settled' OR to_jsonb(OLD) - settlement <> to_jsonb(NEW) - settlement THEN
    RAISE EXCEPTION 'financial_entries is append-only: a correction is a new row' USING ERRCODE = 'HF020';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER entries_settled_once BEFORE UPDATE ON financial_entries FOR EACH ROW EXECUTE FUNCTION settle_once();
