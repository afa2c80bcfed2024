-- Keeps a booking's reminders as its state and its start ask for, by the terms it was made under (C-09, X-01). It runs within the transaction of
-- the change, whichever statement makes it. What would be due already is not written. A visit that was missed or will not be has none, and one that
-- has begun is not announced any more. A request for a review needs a life cycle that comes to an end well.
CREATE OR REPLACE FUNCTION keep_reminders() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  -- The time of the change; never before our own, should a statement forget to say.
  v_now timestamptz(3) := greatest(NEW.updated_at, now());
BEGIN
  UPDATE booking_reminders r SET status = 'cancelled', updated_at = v_now
  WHERE r.booking_id = NEW.id AND r.status = 'pending' AND (
    NEW.starts_at IS NULL
    OR NEW.status NOT IN ('confirmed', 'checked_in', 'in_progress', 'completed')
    OR (NEW.status <> 'confirmed' AND r.offset_minutes < 0)
    OR (NEW.starts_at IS DISTINCT FROM OLD.starts_at AND NEW.starts_at + make_interval(mins => r.offset_minutes) <= v_now));
  IF NEW.starts_at IS DISTINCT FROM OLD.starts_at THEN
    UPDATE booking_reminders r SET scheduled_time = NEW.starts_at + make_interval(mins => r.offset_minutes), updated_at = v_now
    WHERE r.booking_id = NEW.id AND r.status = 'pending';
  END IF;
  IF NEW.status = 'confirmed' AND NEW.starts_at IS NOT NULL THEN
    INSERT INTO booking_reminders (booking_id, reminder_type, offset_minutes, scheduled_time, created_at, updated_at)
    SELECT NEW.id, p.type, p."offsetMinutes", t.due, v_now, v_now
    FROM (SELECT DISTINCT type, "offsetMinutes" FROM jsonb_to_recordset(NEW.terms #> '{policy,reminders}') AS r (type text, "offsetMinutes" int)) p
    CROSS JOIN LATERAL (SELECT (NEW.starts_at + make_interval(mins => p."offsetMinutes"))::timestamptz(3) AS due) t
    WHERE t.due > v_now
      AND (p.type <> 'review_request' OR jsonb_path_exists(NEW.terms -> 'lifecycle', '$.*.* ? (@ == "completed")'))
      AND NOT EXISTS (
        SELECT FROM booking_reminders r
        WHERE r.booking_id = NEW.id AND r.reminder_type = p.type AND r.offset_minutes = p."offsetMinutes"
          AND (r.status = 'pending' OR (r.status IN ('sent', 'failed') AND r.scheduled_time = t.due)));
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER bookings_keep_reminders AFTER UPDATE OF status, starts_at ON bookings FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.starts_at IS DISTINCT FROM NEW.starts_at)
  EXECUTE FUNCTION keep_reminders();
