-- At the end of a transaction that moved money of a payment, all that is written of it says the same: what is captured, what is back, the ledger's lines
-- and who gets what of them (invariant 5, N-17). Raises HF021.
CREATE OR REPLACE FUNCTION money_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_payment uuid := coalesce(to_jsonb(NEW) ->> 'payment_id', to_jsonb(NEW) ->> 'id')::uuid;
  v_wrong text;
BEGIN
  SELECT CASE
    WHEN p.captured <> l.captured THEN 'captured is ' || p.captured || ', the ledger says ' || l.captured
    WHEN r.refunded <> -l.refunded THEN 'given back is ' || r.refunded || ', the ledger says ' || -l.refunded
    WHEN r.reserved <> p.refund_reserved THEN 'refunds come to ' || r.reserved || ', the payment says ' || p.refund_reserved
    WHEN l.elsewhere > 0 THEN 'its ledger names another booking or currency'
    WHEN l.unsplit > 0 THEN l.unsplit || ' lines of the ledger have no entry that comes to as much'
  END INTO v_wrong
  FROM payments p
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(amount) FILTER (WHERE kind = 'captured'), 0) AS captured,
      coalesce(sum(amount) FILTER (WHERE kind = 'refunded'), 0) AS refunded,
      count(*) FILTER (WHERE (booking_id, currency) <> (p.booking_id, p.currency)) AS elsewhere,
      count(*) FILTER (WHERE NOT EXISTS (
        SELECT FROM financial_entries e WHERE e.ledger_key = ledger.key
          AND (e.booking_id, e.payment_id, e.total_amount, e.currency) = (ledger.booking_id, ledger.payment_id, ledger.amount, ledger.currency)
      )) AS unsplit
    FROM ledger WHERE ledger.booking_id = p.booking_id AND payment_id = p.id) l
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(amount) FILTER (WHERE status = 'succeeded'), 0) AS refunded,
      coalesce(sum(amount) FILTER (WHERE status <> 'dropped'), 0) AS reserved
    FROM refunds WHERE refunds.booking_id = p.booking_id AND payment_id = p.id) r
  WHERE p.id = v_payment;
  IF NOT FOUND THEN v_wrong := 'there is no such payment'; END IF;
  IF v_wrong IS NOT NULL THEN
    RAISE EXCEPTION 'payment % does not add up: %', v_payment, v_wrong USING ERRCODE = 'HF021';
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER ledger_adds_up AFTER INSERT ON ledger DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION money_adds_up();
CREATE CONSTRAINT TRIGGER entries_add_up AFTER INSERT ON financial_entries DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION money_adds_up();
CREATE CONSTRAINT TRIGGER refunds_add_up AFTER INSERT OR UPDATE OF status, amount, payment_id ON refunds DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION money_adds_up();
CREATE CONSTRAINT TRIGGER payments_add_up AFTER UPDATE OF captured, refund_reserved, currency, booking_id ON payments DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN ((OLD.captured, OLD.refund_reserved, OLD.currency, OLD.booking_id) IS DISTINCT FROM (NEW.captured, NEW.refund_reserved, NEW.currency, NEW.booking_id))
  EXECUTE FUNCTION money_adds_up();
CREATE CONSTRAINT TRIGGER payments_begin_adding_up AFTER INSERT ON payments DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.captured > 0 OR NEW.refund_reserved > 0) EXECUTE FUNCTION money_adds_up();
