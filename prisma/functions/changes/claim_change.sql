-- Finds a unit for every item of a change: first its own, where the same offering is wanted for the same time and the unit takes the party, then
-- others. Returns [{item_id, unit_id, kind, kept}], `kept` being the own item that goes on with its claim. New claims are leases, until p_expires.
-- With p_release the units that the change does without are given up first, so that a swap within a full slot finds room. A booking's own claims on
-- a calendar, table or room are not in its way while they are p_own: 10:00 moves to 10:30. Items as for claim_units, with ids of their own.
-- Raises HF001 (sold out; DETAIL = item id), and then nothing is changed.
CREATE OR REPLACE FUNCTION claim_change(
  p_lock uuid, p_expires timestamptz, p_lapses timestamptz, p_items jsonb, p_own text[], p_release boolean
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  item record;
  mine record;
  unit units;
  claimed boolean;
  leaving text[] := p_own;
  placed text[] := '{}';
  result jsonb := '[]';
BEGIN
  FOR item IN SELECT * FROM wanted_items(p_items) i ORDER BY i.unit_id IS NULL, i.item_id LOOP
    SELECT c.item_id, c.unit_id, u.kind INTO mine
    FROM claims c JOIN units u ON u.offering_id = c.offering_id AND u.id = c.unit_id
    WHERE c.lock_id = p_lock AND c.state <> 'released' AND c.item_id = ANY (leaving)
      AND c.offering_id = item.offering_id AND c.quantity = item.quantity AND c.during IS NOT DISTINCT FROM item.during
      AND (item.unit_id IS NULL OR c.unit_id = item.unit_id)
      AND (u.mechanism <> 'counter' OR item.starts_at IS NULL OR u.starts_at = item.starts_at)
      AND (item.party_size IS NULL OR item.party_size BETWEEN coalesce(u.min_party, 0) AND coalesce(u.max_party, 2147483647))
    ORDER BY c.item_id LIMIT 1;
    CONTINUE WHEN NOT FOUND;
    leaving := array_remove(leaving, mine.item_id);
    placed := placed || item.item_id;
    result := result || jsonb_build_object('item_id', item.item_id, 'unit_id', mine.unit_id, 'kind', mine.kind, 'kept', mine.item_id);
  END LOOP;

  IF p_release THEN
    PERFORM release_claims(p_lock, 'item_cancelled', leaving);
  END IF;

  FOR item IN
    SELECT * FROM wanted_items(p_items) i WHERE i.item_id <> ALL (placed) ORDER BY i.unit_id IS NULL, i.offering_id, i.unit_id, i.item_id
  LOOP
    claimed := false;
    FOR unit IN
      SELECT u.* FROM units u
      WHERE u.offering_id = item.offering_id AND (item.unit_id IS NULL OR u.id = item.unit_id) AND NOT u.blocked
        AND (item.party_size IS NULL OR item.party_size BETWEEN coalesce(u.min_party, 0) AND coalesce(u.max_party, 2147483647))
        AND (u.mechanism <> 'counter' OR item.unit_id IS NOT NULL OR item.starts_at IS NULL OR u.starts_at = item.starts_at)
        AND (u.mechanism <> 'range' OR (item.during IS NOT NULL AND NOT EXISTS (
          SELECT FROM claims c
          WHERE c.resource = u.resource AND c.mechanism = 'range' AND c.state <> 'released' AND c.during && item.during
            AND (c.lock_id <> p_lock OR c.item_id <> ALL (leaving)) AND NOT is_lapsed(c))))
      ORDER BY coalesce(u.max_party, 2147483647), u.id
      LIMIT 50
    LOOP
      claimed := try_claim(unit, p_lock, item.item_id, item.quantity, item.during, 'held', p_expires, p_lapses);
      EXIT WHEN claimed;
    END LOOP;
    IF NOT claimed THEN
      RAISE EXCEPTION 'sold out' USING ERRCODE = 'HF001', DETAIL = item.item_id;
    END IF;
    result := result || jsonb_build_object('item_id', item.item_id, 'unit_id', unit.id, 'kind', unit.kind, 'kept', NULL);
  END LOOP;
  RETURN result;
END $$;
