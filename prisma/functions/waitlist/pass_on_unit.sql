-- Offers what comes free to those who wait, whoever frees it: at the end of the transaction, so that a change that gives a unit up and takes it
-- again frees nothing.
CREATE OR REPLACE FUNCTION pass_on_unit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM waitlist_wishes w WHERE w.place = place_of(NEW.resource)) THEN
    PERFORM offer_waiting(NEW, NULL);
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER units_pass_on AFTER UPDATE ON units DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.claimed < OLD.claimed
    OR (NEW.blocked, NEW.capacity, NEW.min_party, NEW.max_party, NEW.starts_at)
      IS DISTINCT FROM (OLD.blocked, OLD.capacity, OLD.min_party, OLD.max_party, OLD.starts_at)) EXECUTE FUNCTION pass_on_unit();
CREATE CONSTRAINT TRIGGER units_pass_on_new AFTER INSERT ON units DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION pass_on_unit();
