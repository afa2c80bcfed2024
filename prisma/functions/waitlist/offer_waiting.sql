-- Offers a unit (for ranges: in this time) to those who wait, first come first served, as far as it goes.
CREATE OR REPLACE FUNCTION offer_waiting(p_unit units, p_during tstzrange) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  rival record;
  offered boolean;
BEGIN
  FOR rival IN SELECT DISTINCT r.place_in_line, r.entry_id FROM rivals(p_unit, p_during) r ORDER BY r.place_in_line LOOP
    CONTINUE WHEN NOT fits(rival.entry_id);
    offered := offer_entry(rival.entry_id);
    EXIT WHEN offered IS NULL;
    CONTINUE WHEN NOT offered;
    EXIT WHEN p_unit.mechanism <> 'range' AND NOT EXISTS (
      SELECT FROM free_units(p_unit.offering_id, p_unit.id, 1, NULL, p_unit.starts_at, NULL, 1));
  END LOOP;
END $$;
