-- A version of the history is never rewritten (N-17), but for this: of a booking that was erased, in the transaction that erases its customer, a text that a
-- person said becomes "erased". Every other column, and every other place of its data, stays as it is.
CREATE OR REPLACE FUNCTION only_words_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_jsonb(NEW) - '{data,reason}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{data,reason}'::text[]
    OR blank_words(OLD.fact_type, NEW.data, NULL) IS DISTINCT FROM blank_words(OLD.fact_type, OLD.data, NULL)
    OR EXISTS (SELECT FROM words_of_fact(OLD.fact_type) w (path) WHERE NEW.data #> path IS DISTINCT FROM OLD.data #> path AND NEW.data #>> path IS DISTINCT FROM 'erased')
    -- The reason is shown of the data: it goes with them.
    OR NEW.reason IS DISTINCT FROM OLD.reason AND (OLD.reason IS NULL OR NEW.reason IS DISTINCT FROM 'erased' OR NEW.data = OLD.data)
    OR NOT EXISTS (
      SELECT FROM bookings b WHERE b.id = OLD.booking_id AND b.contact_erased_at IS NOT NULL AND b.customer_id = current_setting('holdfast.erasing', true)) THEN
    RAISE EXCEPTION '% is append-only: a correction is a new row', TG_TABLE_NAME USING ERRCODE = 'HF020';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER history_only_words_go BEFORE UPDATE ON booking_history FOR EACH ROW EXECUTE FUNCTION only_words_go();
