-- Notes an attachment whose file is stored already, up to so many per booking. Returns `added`, `exists` (the same id), or `full`.
CREATE OR REPLACE FUNCTION add_attachment(p jsonb, p_limit int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_booking uuid := (p ->> 'booking_id')::uuid;
BEGIN
  PERFORM FROM bookings WHERE id = v_booking FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM booking_attachments WHERE id = (p ->> 'id')::uuid) THEN RETURN 'exists'; END IF;
  IF (SELECT count(*) FROM booking_attachments WHERE booking_id = v_booking) >= p_limit THEN RETURN 'full'; END IF;
  INSERT INTO booking_attachments SELECT (jsonb_populate_record(NULL::booking_attachments, p)).*;
  RETURN 'added';
END $$;
