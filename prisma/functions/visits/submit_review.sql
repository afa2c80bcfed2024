-- Writes a review and its messages. The lock puts them in line with the booking's other writers, so that its messages stay in order; they carry the
-- version at which the booking was reviewed. Returns `submitted`, `not_completed`, or `exists` when there is one already (C-07).
CREATE OR REPLACE FUNCTION submit_review(p_review jsonb, p_outbox jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_booking bookings;
BEGIN
  SELECT * INTO v_booking FROM bookings WHERE id = (p_review ->> 'booking_id')::uuid FOR NO KEY UPDATE;
  IF v_booking.status IS DISTINCT FROM 'completed' THEN RETURN 'not_completed'; END IF;
  INSERT INTO reviews SELECT * FROM jsonb_populate_record(NULL::reviews, p_review) ON CONFLICT (booking_id) DO NOTHING;
  IF NOT FOUND THEN RETURN 'exists'; END IF;
  INSERT INTO outbox (event_id, booking_id, version, profile, fact_type, event_type, topic, payload)
  SELECT o.event_id, v_booking.id, v_booking.version, v_booking.profile, 'review_submitted', o.event_type, o.topic, o.payload
  FROM jsonb_populate_recordset(NULL::outbox, p_outbox) o;
  RETURN 'submitted';
END $$;
