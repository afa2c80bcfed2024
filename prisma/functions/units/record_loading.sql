-- When a unit was first loaded, and last. Units are written from JSON records that have neither of the two columns, so that their defaults do not
-- help. What bookings do to a unit (`claimed`) is no loading, and does not come here.
CREATE OR REPLACE FUNCTION record_loading() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.created_at := CASE TG_OP WHEN 'UPDATE' THEN OLD.created_at ELSE coalesce(NEW.created_at, now()) END;
  NEW.updated_at := now();
  RETURN NEW;
END $$;

CREATE TRIGGER units_record_first_loading BEFORE INSERT ON units FOR EACH ROW EXECUTE FUNCTION record_loading();
CREATE TRIGGER units_record_loading
  BEFORE UPDATE OF label, section, row, starts_at, ends_at, staff_id, capacity, min_party, max_party, price_amount, blocked ON units
  FOR EACH ROW EXECUTE FUNCTION record_loading();
