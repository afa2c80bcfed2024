-- Offers what comes free to those who wait, whoever frees it: at the end of the transaction, so that a change that gives a unit up and takes it
-- again frees nothing.
CREATE OR REPLACE FUNCTION pass_on_claim() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  unit units;
BEGIN
  IF EXISTS (SELECT FROM waitlist_wishes w WHERE w.place = place_of(NEW.resource)) THEN
    SELECT * INTO unit FROM units WHERE offering_id = NEW.offering_id AND id = NEW.unit_id;
    PERFORM offer_waiting(unit, NEW.during);
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER claims_pass_on AFTER UPDATE OF state ON claims DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.state <> 'released' AND NEW.state = 'released' AND NEW.mechanism <> 'counter') EXECUTE FUNCTION pass_on_claim();
