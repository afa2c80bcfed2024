-- Changes of a booking (A-06, H-11) and cancelled items (X-08): what is agreed may change, by one writer, in one statement with its claims.

ALTER TABLE bookings ADD COLUMN change jsonb, ADD COLUMN last_change text, ADD COLUMN revision int;
ALTER TABLE booking_items ADD COLUMN cancelled boolean;
ALTER TABLE payments ADD COLUMN change text, ADD COLUMN superseded boolean;

-- The items of a change as rows, with the time they occupy.
CREATE FUNCTION wanted_items(p_items jsonb) RETURNS TABLE (
  item_id text, offering_id text, unit_id text, quantity int, starts_at timestamptz, party_size int, during tstzrange
) LANGUAGE sql IMMUTABLE AS $$
  SELECT i.item_id, i.offering_id, i.unit_id, i.quantity, i.starts_at, i.party_size,
    CASE WHEN i.occupied_from IS NOT NULL THEN tstzrange(i.occupied_from, i.occupied_to) END
  FROM jsonb_to_recordset(p_items) AS i (
    item_id text, offering_id text, unit_id text, quantity int, starts_at timestamptz,
    occupied_from timestamptz, occupied_to timestamptz, party_size int)
$$;

-- Finds a unit for every item of a change: first its own, where the same offering is wanted for the same time and the unit takes the party, then
-- others. Returns [{item_id, unit_id, kind, kept}], `kept` being the own item that goes on with its claim. New claims are leases, until p_expires.
-- With p_release the units that the change does without are given up first, so that a swap within a full slot finds room. A booking's own claims on
-- a calendar, table or room are not in its way while they are p_own: 10:00 moves to 10:30. Items as for claim_units, with ids of their own.
-- Raises HF001 (sold out; DETAIL = item id), and then nothing is changed.
CREATE FUNCTION claim_change(
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

-- Commits the claims of some items of a lock, as commit_claims does those of all. Raises HF002 when one belongs to somebody else by now.
CREATE FUNCTION commit_items(p_lock uuid, p_items text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  last_claim claims;
  unit units;
BEGIN
  UPDATE claims SET state = 'committed', paying = false WHERE lock_id = p_lock AND state = 'held' AND item_id = ANY (p_items);
  FOR last_claim IN
    SELECT c.* FROM (
      SELECT DISTINCT ON (item_id) * FROM claims WHERE lock_id = p_lock AND item_id = ANY (p_items) ORDER BY item_id, id DESC
    ) c
    WHERE c.state = 'released'
    ORDER BY c.resource
  LOOP
    SELECT u.* INTO unit FROM units u
    WHERE u.offering_id = last_claim.offering_id AND u.id = last_claim.unit_id AND NOT u.blocked;
    IF NOT FOUND OR NOT try_claim(unit, p_lock, last_claim.item_id, last_claim.quantity, last_claim.during, 'committed',
                                  last_claim.expires_at, last_claim.lapses_at) THEN
      RAISE EXCEPTION 'units lost' USING ERRCODE = 'HF002', DETAIL = last_claim.item_id;
    END IF;
  END LOOP;
END $$;

-- record_change, and besides it what was agreed: {…, agreement, items, item_claims: {commit, release, renew: {items, expires_at, lapses_at,
-- paying} | null} | null}. New claims are committed and old ones released here and nowhere else, so nobody ever sees two, or none. A claim that an
-- item is done with is marked as an item's that was cancelled: no later commit of the booking takes its unit again.
CREATE FUNCTION record_revision(p jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_id uuid := (p ->> 'booking_id')::uuid;
  v_claims jsonb := nullif(p -> 'item_claims', 'null');
  v_renew jsonb := nullif(v_claims -> 'renew', 'null');
BEGIN
  IF record_change(p) = 'repeated' THEN RETURN 'repeated'; END IF;
  UPDATE bookings b SET
    starts_at = s.starts_at, ends_at = s.ends_at, party_size = s.party_size, notes = s.notes, price = s.price, amount = s.amount,
    snapshots = s.snapshots, change = s.change, last_change = s.last_change, revision = s.revision
  FROM jsonb_populate_record(NULL::bookings, p -> 'agreement') s
  WHERE b.id = v_id;
  DELETE FROM booking_items WHERE booking_id = v_id;
  INSERT INTO booking_items SELECT * FROM jsonb_populate_recordset(NULL::booking_items, p -> 'items');
  UPDATE payments SET change = s.change, superseded = s.superseded
  FROM jsonb_populate_recordset(NULL::payments, p -> 'payments') s
  WHERE payments.id = s.id;
  IF v_claims IS NOT NULL THEN
    PERFORM commit_items(v_id, ARRAY(SELECT jsonb_array_elements_text(v_claims -> 'commit')));
    PERFORM release_claims(v_id, 'item_cancelled', ARRAY(SELECT jsonb_array_elements_text(v_claims -> 'release')));
  END IF;
  IF v_renew IS NOT NULL THEN
    UPDATE claims SET state = 'held', expires_at = (v_renew ->> 'expires_at')::timestamptz,
      lapses_at = (v_renew ->> 'lapses_at')::timestamptz, paying = (v_renew ->> 'paying')::boolean
    WHERE lock_id = v_id AND state = 'held' AND item_id = ANY (ARRAY(SELECT jsonb_array_elements_text(v_renew -> 'items')));
  END IF;
  RETURN 'applied';
END $$;
