-- Who gets a unit is decided here and nowhere else (design.md, "Where the truth is"), by three mechanisms:
--   unique   seats: a partial unique index
--   counter  slot capacity and enrolment: a guarded counter with a CHECK
--   range    calendars, tables, rooms: an exclusion constraint over the occupied time, which leaves out a booking's own claims
--
-- Lock order, the same in every function, so that two of them cannot wait for each other in a circle: existing claims by resource, then
-- unit counters by resource, then new claims by resource.

CREATE EXTENSION IF NOT EXISTS btree_gist;

ALTER TABLE units
  ADD CONSTRAINT units_kind CHECK (kind IN ('seat', 'slot', 'calendar', 'table', 'room', 'enrolment')),
  ADD CONSTRAINT units_mechanism CHECK (mechanism IN ('unique', 'counter', 'range')),
  ADD CONSTRAINT units_within_capacity CHECK (claimed >= 0 AND (capacity IS NULL OR claimed <= capacity)),
  ADD CONSTRAINT units_price CHECK (price_amount IS NULL OR price_amount >= 0);

ALTER TABLE claims
  ADD CONSTRAINT claims_state CHECK (state IN ('held', 'committed', 'released')),
  ADD CONSTRAINT claims_quantity CHECK (quantity > 0),
  ADD CONSTRAINT claims_range_has_time CHECK (mechanism <> 'range' OR NOT isempty(during)),
  ADD CONSTRAINT claims_no_double_range
    EXCLUDE USING gist (resource WITH =, lock_id WITH <>, during WITH &&)
    WHERE (mechanism = 'range' AND state <> 'released');

CREATE UNIQUE INDEX claims_one_live_seat ON claims (resource) WHERE mechanism = 'unique' AND state <> 'released';
CREATE UNIQUE INDEX claims_one_live_per_item ON claims (lock_id, item_id) WHERE state <> 'released';
CREATE INDEX claims_held_counters ON claims (resource, lapses_at) WHERE mechanism = 'counter' AND state = 'held';

-- A lease that ran out and is not being paid for: others may take its unit over (X-14). With `now()`, which is stable, the planner puts the
-- expression where the call stands and finds the partial indexes; with `clock_timestamp()` a hot slot of 1,000 bookings took 60 ms to hold.
CREATE FUNCTION is_lapsed(c claims) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT c.state = 'held' AND NOT c.paying AND c.lapses_at <= now()
$$;

-- Units of an offering that a claim could have now, the best fitting first: the smallest that takes the party, then by id.
CREATE FUNCTION free_units(
  p_offering text, p_unit text, p_quantity int, p_during tstzrange, p_starts_at timestamptz, p_party int, p_limit int
) RETURNS SETOF units LANGUAGE sql STABLE AS $$
  SELECT u.* FROM units u
  WHERE u.offering_id = p_offering
    AND (p_unit IS NULL OR u.id = p_unit)
    AND NOT u.blocked
    AND (p_party IS NULL OR (coalesce(u.min_party, 0) <= p_party AND p_party <= coalesce(u.max_party, 2147483647)))
    AND CASE u.mechanism
      WHEN 'unique' THEN NOT EXISTS (
        SELECT FROM claims c
        WHERE c.resource = u.resource AND c.mechanism = 'unique' AND c.state <> 'released' AND NOT is_lapsed(c))
      WHEN 'counter' THEN (p_unit IS NOT NULL OR p_starts_at IS NULL OR u.starts_at = p_starts_at)
        AND (u.capacity IS NULL OR u.claimed + p_quantity - (
          SELECT coalesce(sum(c.quantity), 0) FROM claims c
          WHERE c.resource = u.resource AND c.mechanism = 'counter' AND is_lapsed(c)) <= u.capacity)
      ELSE p_during IS NOT NULL AND NOT EXISTS (
        SELECT FROM claims c
        WHERE c.resource = u.resource AND c.mechanism = 'range' AND c.state <> 'released'
          AND c.during && p_during AND NOT is_lapsed(c))
    END
  ORDER BY coalesce(u.max_party, 2147483647), u.id
  LIMIT p_limit
$$;

-- Takes lapsed claims off a resource (for ranges: those that overlap) and returns how much they held.
CREATE FUNCTION take_over(p_resource text, p_mechanism text, p_during tstzrange, p_lock uuid) RETURNS int LANGUAGE sql AS $$
  WITH lapsed AS (
    SELECT c.id FROM claims c
    WHERE c.resource = p_resource AND c.mechanism = p_mechanism AND c.lock_id <> p_lock AND is_lapsed(c)
      AND (p_mechanism <> 'range' OR c.during && p_during)
    ORDER BY c.id FOR UPDATE
  ), taken AS (
    UPDATE claims c SET state = 'released', released_at = now(), release_reason = 'taken_over'
    FROM lapsed WHERE c.id = lapsed.id RETURNING c.quantity
  )
  SELECT coalesce(sum(quantity), 0)::int FROM taken
$$;

-- Tries to claim one unit; false when somebody else has it. Safe under any concurrency: the constraints decide.
CREATE FUNCTION try_claim(
  p_unit units, p_lock uuid, p_item text, p_quantity int, p_during tstzrange, p_state text, p_expires timestamptz, p_lapses timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  freed int;
BEGIN
  IF p_unit.mechanism = 'counter' THEN
    UPDATE units SET claimed = claimed + p_quantity
    WHERE offering_id = p_unit.offering_id AND id = p_unit.id AND (capacity IS NULL OR claimed + p_quantity <= capacity);
    IF NOT FOUND THEN
      -- Even when nothing was left to take over: its own booking may have given it up while we waited for it.
      freed := take_over(p_unit.resource, 'counter', NULL, p_lock);
      UPDATE units SET claimed = claimed - freed WHERE offering_id = p_unit.offering_id AND id = p_unit.id AND freed > 0;
      UPDATE units SET claimed = claimed + p_quantity
      WHERE offering_id = p_unit.offering_id AND id = p_unit.id AND claimed + p_quantity <= capacity;
      IF NOT FOUND THEN RETURN false; END IF;
    END IF;
  ELSE
    PERFORM take_over(p_unit.resource, p_unit.mechanism, p_during, p_lock);
  END IF;
  INSERT INTO claims (lock_id, item_id, offering_id, unit_id, resource, mechanism, quantity, during, state, expires_at, lapses_at)
  VALUES (p_lock, p_item, p_unit.offering_id, p_unit.id, p_unit.resource, p_unit.mechanism, p_quantity, p_during, p_state, p_expires, p_lapses)
  ON CONFLICT DO NOTHING;
  RETURN FOUND;
END $$;

-- Claims a unit for every item, all or nothing, and returns [{item_id, unit_id, kind}]. Items: [{item_id, offering_id, unit_id | null,
-- quantity, starts_at | null, occupied_from | null, occupied_to | null, party_size | null}]. Raises HF001 (sold out; DETAIL = item id).
CREATE FUNCTION claim_units(p_lock uuid, p_expires timestamptz, p_lapses timestamptz, p_items jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
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

-- Commits every claim of a lock; those that were released meanwhile are taken again on the very same units. Raises HF002 when one of them
-- belongs to somebody else by now (DETAIL = item id). Items that were cancelled one by one stay released.
CREATE FUNCTION commit_claims(p_lock uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  last_claim claims;
  unit units;
BEGIN
  UPDATE claims SET state = 'committed', paying = false WHERE lock_id = p_lock AND state = 'held';
  FOR last_claim IN
    SELECT c.* FROM (
      SELECT DISTINCT ON (item_id) * FROM claims WHERE lock_id = p_lock ORDER BY item_id, id DESC
    ) c
    WHERE c.state = 'released' AND c.release_reason <> 'item_cancelled'
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

-- Releases what a lock still holds (all items, or the named ones) and returns how many claims that were. Releasing twice releases nothing.
CREATE FUNCTION release_claims(p_lock uuid, p_reason text, p_items text[] DEFAULT NULL) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  released int;
BEGIN
  PERFORM FROM claims
  WHERE lock_id = p_lock AND state <> 'released' AND (p_items IS NULL OR item_id = ANY (p_items))
  ORDER BY resource FOR UPDATE;
  WITH gone AS (
    UPDATE claims SET state = 'released', released_at = now(), release_reason = p_reason
    WHERE lock_id = p_lock AND state <> 'released' AND (p_items IS NULL OR item_id = ANY (p_items))
    RETURNING offering_id, unit_id, mechanism, quantity
  ), counters AS (
    SELECT u.offering_id, u.id, g.quantity
    FROM (SELECT offering_id, unit_id, sum(quantity)::int AS quantity FROM gone WHERE mechanism = 'counter' GROUP BY 1, 2) g
    JOIN units u ON u.offering_id = g.offering_id AND u.id = g.unit_id
    ORDER BY u.resource FOR UPDATE OF u
  ), given_back AS (
    UPDATE units u SET claimed = u.claimed - c.quantity
    FROM counters c WHERE u.offering_id = c.offering_id AND u.id = c.id
  )
  SELECT count(*)::int INTO released FROM gone;
  RETURN released;
END $$;

-- Makes what a lock still has a lease again, with these times.
CREATE FUNCTION renew_claims(p_lock uuid, p_expires timestamptz, p_lapses timestamptz, p_paying boolean) RETURNS void LANGUAGE sql AS $$
  UPDATE claims SET state = 'held', expires_at = p_expires, lapses_at = p_lapses, paying = p_paying
  WHERE lock_id = p_lock AND state <> 'released'
$$;
