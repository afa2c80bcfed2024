-- Stores a payment fact before anybody acknowledges it. One that says the payment may yet turn out paid bars the booking's units from takeover
-- in the same transaction (X-14). Returns the row as it stands: a fact that was stored before keeps its first row.
CREATE OR REPLACE FUNCTION store_payment_event(p_event_id text, p_source text, p_type text, p_booking_id uuid, p_payment_event jsonb, p_patience interval)
RETURNS processed_events LANGUAGE plpgsql AS $$
DECLARE
  stored processed_events;
BEGIN
  INSERT INTO processed_events (event_id, source, type, booking_id, payment_event, next_try_at)
  VALUES (p_event_id, p_source, p_type, p_booking_id, p_payment_event, now() + p_patience)
  ON CONFLICT (event_id) DO NOTHING RETURNING * INTO stored;
  IF NOT FOUND THEN
    SELECT * INTO stored FROM processed_events WHERE event_id = p_event_id;
    RETURN stored;
  END IF;
  IF p_payment_event ->> 'type' IN ('processing', 'authorized') THEN
    UPDATE claims SET paying = true WHERE lock_id = p_booking_id AND state = 'held';
  END IF;
  RETURN stored;
END $$;
