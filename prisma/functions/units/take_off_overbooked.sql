-- What is claimed less of an overbooked unit is taken off `overbooked` at once (H-13): nobody new gets in.
CREATE OR REPLACE FUNCTION take_off_overbooked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.overbooked := least(NEW.overbooked, greatest(0, coalesce(NEW.claimed - NEW.capacity, 0)));
  RETURN NEW;
END $$;

CREATE TRIGGER units_take_off_overbooked BEFORE UPDATE ON units FOR EACH ROW WHEN (OLD.overbooked > 0) EXECUTE FUNCTION take_off_overbooked();
