-- What an entry waits for seems to be free: offers it to whoever is first in line for it. The poller's way to what was free before the entry came, or
-- lapsed since, or was busy when it came free.
CREATE OR REPLACE FUNCTION offer_again(p_entry uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  wish waitlist_wishes;
  unit units;
BEGIN
  FOR wish IN SELECT * FROM waitlist_wishes WHERE entry_id = p_entry ORDER BY item_id LOOP
    SELECT * INTO unit FROM free_units(wish.offering_id, wish.unit_id, wish.quantity, wish.during, wish.starts_at, wish.party_size, 1);
    IF FOUND THEN PERFORM offer_waiting(unit, wish.during); END IF;
  END LOOP;
END $$;
