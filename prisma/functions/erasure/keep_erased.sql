-- What was erased of a booking stays erased, whichever writer comes: a run that still remembers, or news of the person. What people say of it afterwards is new.
CREATE OR REPLACE FUNCTION keep_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.customer_name := NULL;
  NEW.customer_email := NULL;
  NEW.customer_phone := NULL;
  NEW.notes := NULL;
  NEW.metadata := '{}';
  NEW.payment_method := NULL;
  NEW.meeting_url := NULL;
  NEW.fingerprint := 'erased';
  NEW.subject := CASE WHEN NEW.subject IS NOT NULL THEN 'erased' END;
  NEW.snapshots := without_words(NEW.snapshots, '{}');
  IF OLD.cancellation ->> 'reason' = 'erased' AND NEW.cancellation -> 'at' = OLD.cancellation -> 'at' THEN NEW.cancellation := OLD.cancellation; END IF;
  IF OLD.displacement ->> 'reason' = 'erased' AND NEW.displacement -> 'until' = OLD.displacement -> 'until' THEN
    NEW.displacement := jsonb_set(NEW.displacement, '{reason}', '"erased"');
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER bookings_keep_erased BEFORE UPDATE ON bookings FOR EACH ROW WHEN (NEW.contact_erased_at IS NOT NULL) EXECUTE FUNCTION keep_erased();
