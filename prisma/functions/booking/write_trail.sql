-- Writes history and outbox rows of one change. A payload whose "booking_id" is 0 gets the booking's number there, which nobody knew before the
-- booking was written (events/payloads/values.ts).
CREATE OR REPLACE FUNCTION write_trail(p_history jsonb, p_outbox jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO booking_history SELECT * FROM jsonb_populate_recordset(NULL::booking_history, p_history);
  INSERT INTO outbox (event_id, booking_id, version, profile, fact_type, event_type, topic, payload)
  SELECT o.event_id, o.booking_id, o.version, o.profile, o.fact_type, o.event_type, o.topic,
    CASE WHEN o.payload -> 'booking_id' = '0'
      THEN o.payload || (SELECT jsonb_build_object('booking_id', b.number) FROM bookings b WHERE b.id = o.booking_id)
      ELSE o.payload
    END
  FROM jsonb_populate_recordset(NULL::outbox, p_outbox) o;
$$;
