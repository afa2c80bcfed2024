-- Writes history and outbox rows of one change.
CREATE OR REPLACE FUNCTION write_trail(p_history jsonb, p_outbox jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO booking_history SELECT * FROM jsonb_populate_recordset(NULL::booking_history, p_history);
  INSERT INTO outbox (event_id, booking_id, version, profile, fact_type, event_type, topic, payload)
  SELECT event_id, booking_id, version, profile, fact_type, event_type, topic, payload
  FROM jsonb_populate_recordset(NULL::outbox, p_outbox);
$$;
