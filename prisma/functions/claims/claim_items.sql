-- Claims a unit for every item, all or nothing, the items as for claim_units; which seats, has been decided. Returns [{item_id, unit_id, kind}].
-- Raises HF001 (sold out; DETAIL = item id).
CREATE OR REPLACE FUNCTION claim_items(p_lock uuid, p_expires timestamptz, p_lapses timestamptz, p_items jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  item record;
  unit units;
  claimed boolean;
  result jsonb := '[]';
BEGIN
  FOR item IN
    SELECT i.*, CASE WHEN i.occupied_from IS NOT NULL THEN tstzrange(i.occupied_from, i.occupied_to) END AS during
    FROM jsonb_to_recordset(p_items) AS i (
      item_id text, offering_id text, unit_id text, quantity int, starts_at timestamptz,
      occupied_from timestamptz, occupied_to timestamptz, party_size int)
    ORDER BY i.unit_id IS NULL, i.offering_id, i.unit_id, i.item_id
  LOOP
    claimed := false;
    FOR unit IN
      SELECT * FROM free_units(item.offering_id, item.unit_id, item.quantity, item.during, item.starts_at, item.party_size, 50)
    LOOP
      -- A booking that takes two tables needs two different ones, which the exclusion constraint does not see.
      CONTINUE WHEN unit.mechanism = 'range' AND EXISTS (
        SELECT FROM claims c WHERE c.lock_id = p_lock AND c.resource = unit.resource AND c.state <> 'released' AND c.during && item.during);
      claimed := try_claim(unit, p_lock, item.item_id, item.quantity, item.during, 'held', p_expires, p_lapses);
      EXIT WHEN claimed;
    END LOOP;
    IF NOT claimed THEN
      RAISE EXCEPTION 'sold out' USING ERRCODE = 'HF001', DETAIL = item.item_id;
    END IF;
    result := result || jsonb_build_object('item_id', item.item_id, 'unit_id', unit.id, 'kind', unit.kind);
  END LOOP;
  RETURN result;
END $$;
