-- When a booking last came to each status: {"confirmed": "2027-03-01T09:00:00.000Z", ...}. hold_booking writes a booking from a JSON record that has
-- neither of the two columns, so what they begin with is given here and not by their defaults.
CREATE OR REPLACE FUNCTION record_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.number := coalesce(NEW.number, nextval('bookings_number_seq'));
  NEW.steps := coalesce(NEW.steps, '{}')
    || jsonb_build_object(NEW.status, to_char(NEW.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'));
  RETURN NEW;
END $$;

CREATE TRIGGER bookings_record_first_step BEFORE INSERT ON bookings FOR EACH ROW EXECUTE FUNCTION record_step();
CREATE TRIGGER bookings_record_step BEFORE UPDATE OF status ON bookings FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION record_step();
