-- What clients that know a booking by a number, or by the times of its steps, ask for (F-01 to F-04).
ALTER TABLE "bookings" ADD COLUMN "number" BIGSERIAL NOT NULL;
ALTER TABLE "bookings" ADD COLUMN "steps" JSONB NOT NULL DEFAULT '{}';
CREATE UNIQUE INDEX "bookings_number_key" ON "bookings"("number");

-- When a booking last came to each status: {"confirmed": "2027-03-01T09:00:00.000Z", ...}. A booking is written from a JSON record that has
-- neither of the two columns, so what they begin with is given here and not by their defaults.
CREATE FUNCTION record_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.number := coalesce(NEW.number, nextval('bookings_number_seq'));
  NEW.steps := coalesce(NEW.steps, '{}')
    || jsonb_build_object(NEW.status, to_char(NEW.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'));
  RETURN NEW;
END
$$;

CREATE TRIGGER bookings_record_first_step BEFORE INSERT ON bookings FOR EACH ROW EXECUTE FUNCTION record_step();
CREATE TRIGGER bookings_record_step BEFORE UPDATE OF status ON bookings
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION record_step();
