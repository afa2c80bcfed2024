-- The waitlist (X-11, H-19): units that come free pass, in the transaction that frees them, to the first entry they fit, as a lease under the id
-- of the booking that the entry will become. docs/adr/0011 says why it is done by triggers.
--
-- Lock order: whoever frees units offers them at the end of its transaction, when it needs no other lock any more. The entry is taken without
-- waiting for it (SKIP LOCKED), its units with a short patience; who gets neither leaves the entry waiting, and the sweep looks at it again.

-- CreateTable
CREATE TABLE "waitlist_entries" (
    "id" UUID NOT NULL,
    "position" BIGSERIAL NOT NULL,
    "profile" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'waiting',
    "caller_id" TEXT NOT NULL,
    "customer_id" TEXT NOT NULL,
    "provider_id" TEXT,
    "offering_ids" TEXT[],
    "body" JSONB NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "wanted" TEXT NOT NULL,
    "claims" JSONB NOT NULL,
    "booking_id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "offer_seconds" INTEGER NOT NULL,
    "offer_expires_at" TIMESTAMPTZ(3),
    "units" JSONB,
    "closes_at" TIMESTAMPTZ(3),
    "history" JSONB NOT NULL DEFAULT '[]',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "waitlist_entries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "waitlist_wishes" (
    "entry_id" UUID NOT NULL,
    "item_id" TEXT NOT NULL,
    "position" BIGINT NOT NULL,
    "offering_id" TEXT NOT NULL,
    "unit_id" TEXT,
    "place" TEXT NOT NULL,
    "resource" TEXT,
    "mechanism" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL,
    "starts_at" TIMESTAMPTZ(3),
    "during" tstzrange,
    "party_size" INTEGER,

    CONSTRAINT "waitlist_wishes_pkey" PRIMARY KEY ("entry_id","item_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "waitlist_entries_position_key" ON "waitlist_entries"("position");

-- CreateIndex
CREATE UNIQUE INDEX "waitlist_entries_booking_id_key" ON "waitlist_entries"("booking_id");

-- CreateIndex
CREATE INDEX "waitlist_entries_created_at_id_idx" ON "waitlist_entries"("created_at", "id");

-- CreateIndex
CREATE INDEX "waitlist_entries_customer_id_created_at_id_idx" ON "waitlist_entries"("customer_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "waitlist_wishes_place_position_idx" ON "waitlist_wishes"("place", "position");

-- AddForeignKey
ALTER TABLE "waitlist_wishes" ADD CONSTRAINT "waitlist_wishes_entry_id_fkey" FOREIGN KEY ("entry_id") REFERENCES "waitlist_entries"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE waitlist_entries
  ADD CONSTRAINT waitlist_entries_status CHECK (status IN ('waiting', 'offered', 'accepted', 'expired', 'withdrawn')),
  ADD CONSTRAINT waitlist_entries_offer CHECK (status <> 'offered' OR (offer_expires_at IS NOT NULL AND units IS NOT NULL)),
  ADD CONSTRAINT waitlist_entries_offer_seconds CHECK (offer_seconds > 0);
-- Nobody stands in one queue twice: a second place for the same thing would be a second offer, and its units kept from others for longer.
CREATE UNIQUE INDEX waitlist_entries_once ON waitlist_entries (customer_id, wanted) WHERE status IN ('waiting', 'offered');
CREATE INDEX waitlist_entries_offered ON waitlist_entries (offer_expires_at) WHERE status = 'offered';
CREATE INDEX waitlist_entries_waiting ON waitlist_entries (position) WHERE status = 'waiting';
CREATE INDEX waitlist_entries_closing ON waitlist_entries (closes_at) WHERE status = 'waiting';

-- Whose a resource is: `table/bistro` of `table/bistro/T1`. Tables wanted under one offering may come free under another (domain/offering.ts).
CREATE FUNCTION place_of(p_resource text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT regexp_replace(p_resource, '/[^/]*$', '')
$$;

-- Who waits for something that a unit (for ranges: in this time) could be part of.
CREATE FUNCTION rivals(p_unit units, p_during tstzrange) RETURNS TABLE (entry_id uuid, place_in_line bigint) LANGUAGE sql STABLE AS $$
  SELECT w.entry_id, w.position FROM waitlist_wishes w
  WHERE w.place = place_of(p_unit.resource)
    AND (w.resource = p_unit.resource
      OR w.resource IS NULL AND (w.mechanism <> 'counter' OR w.starts_at IS NULL OR w.starts_at = p_unit.starts_at))
    AND (w.during IS NULL OR p_during IS NULL OR w.during && p_during)
    AND (w.party_size IS NULL OR w.party_size BETWEEN coalesce(p_unit.min_party, 0) AND coalesce(p_unit.max_party, 2147483647))
$$;

-- Is there room now for all that an entry waits for? Items that could take the same unit from each other are counted together, so that "yes" holds.
CREATE FUNCTION fits(p_entry uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce(bool_and(needed <= (SELECT count(*) FROM free_units(offering_id, unit_id, together, during, starts_at, party_size, needed))), false)
  FROM (
    SELECT w.offering_id, w.unit_id, w.during, w.starts_at, w.party_size,
      CASE w.mechanism WHEN 'counter' THEN sum(o.quantity)::int ELSE 1 END AS together,
      CASE w.mechanism WHEN 'counter' THEN 1 ELSE count(*)::int END AS needed
    FROM waitlist_wishes w
    JOIN waitlist_wishes o ON o.entry_id = w.entry_id AND o.offering_id = w.offering_id AND o.unit_id IS NOT DISTINCT FROM w.unit_id
      AND CASE w.mechanism WHEN 'range' THEN o.during && w.during WHEN 'counter' THEN o.starts_at IS NOT DISTINCT FROM w.starts_at ELSE true END
    WHERE w.entry_id = p_entry
    GROUP BY w.entry_id, w.item_id
  ) wish
$$;

-- Could somebody who waits have a unit now, and so nobody else?
CREATE FUNCTION is_awaited(p_unit units, p_during tstzrange) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM rivals(p_unit, p_during) r WHERE fits(r.entry_id))
$$;

-- One line of an entry's history.
CREATE FUNCTION waitlist_line(p_status text, p_by jsonb DEFAULT '{"role": "system", "id": "holdfast"}') RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('status', p_status, 'at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'by', p_by)
$$;

-- Claims for others go on as they were made, unless somebody waits for the unit and could have it (H-19). Whoever gave up the very unit in this
-- transaction has it first: a booking that changes within its own slot.
ALTER FUNCTION try_claim(units, uuid, text, int, tstzrange, text, timestamptz, timestamptz) RENAME TO try_claim_regardless;
CREATE FUNCTION try_claim(
  p_unit units, p_lock uuid, p_item text, p_quantity int, p_during tstzrange, p_state text, p_expires timestamptz, p_lapses timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM waitlist_wishes w WHERE w.place = place_of(p_unit.resource))
    AND NOT EXISTS (SELECT FROM waitlist_entries e WHERE e.booking_id = p_lock AND e.status = 'waiting')
    AND NOT EXISTS (
      SELECT FROM claims c WHERE c.lock_id = p_lock AND c.resource = p_unit.resource AND c.released_at = now()::timestamptz(3))
    AND is_awaited(p_unit, p_during)
  THEN
    RETURN false;
  END IF;
  RETURN try_claim_regardless(p_unit, p_lock, p_item, p_quantity, p_during, p_state, p_expires, p_lapses);
END $$;

-- As it was; a booking that accepts an offer has its units already, and goes on with the very same claims. Raises HF011 when the offer is over.
ALTER FUNCTION claim_units(uuid, timestamptz, timestamptz, jsonb) RENAME TO claim_units_afresh;
CREATE FUNCTION claim_units(p_lock uuid, p_expires timestamptz, p_lapses timestamptz, p_items jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  entry waitlist_entries;
  blocked_item text;
  kept int;
BEGIN
  SELECT * INTO entry FROM waitlist_entries WHERE booking_id = p_lock FOR UPDATE;
  IF NOT FOUND THEN RETURN claim_units_afresh(p_lock, p_expires, p_lapses, p_items); END IF;
  IF entry.status <> 'offered' OR entry.offer_expires_at <= now() THEN
    RAISE EXCEPTION 'the offer is over' USING ERRCODE = 'HF011';
  END IF;
  SELECT c.item_id INTO blocked_item FROM claims c JOIN units u ON u.offering_id = c.offering_id AND u.id = c.unit_id
  WHERE c.lock_id = p_lock AND c.state = 'held' AND u.blocked LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'sold out' USING ERRCODE = 'HF001', DETAIL = blocked_item;
  END IF;
  UPDATE claims SET expires_at = p_expires, lapses_at = p_lapses WHERE lock_id = p_lock AND state = 'held';
  GET DIAGNOSTICS kept = ROW_COUNT;
  -- Somebody may have taken the lease over in the moment in which it lapsed.
  IF kept <> jsonb_array_length(entry.claims) THEN
    RAISE EXCEPTION 'the offer is over' USING ERRCODE = 'HF011';
  END IF;
  UPDATE waitlist_entries SET status = 'accepted', history = history || waitlist_line('accepted'), updated_at = now() WHERE id = entry.id;
  RETURN entry.units;
END $$;

-- Holds all that an entry waits for and makes it an offer; false when there is no room, or somebody else is at it. Null when its units are busy:
-- whoever frees units holds locks and must not wait for others' for long.
CREATE FUNCTION offer_entry(p_entry uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  entry waitlist_entries;
  patience text := current_setting('lock_timeout');
  v_expires timestamptz(3);
  v_units jsonb;
BEGIN
  SELECT * INTO entry FROM waitlist_entries
  WHERE id = p_entry AND status = 'waiting' AND (closes_at IS NULL OR closes_at > now()) FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  v_expires := least(now() + make_interval(secs => entry.offer_seconds), entry.closes_at);
  BEGIN
    PERFORM set_config('lock_timeout', '100ms', true);
    v_units := claim_units_afresh(entry.booking_id, v_expires, v_expires, entry.claims);
    PERFORM set_config('lock_timeout', patience, true);
  EXCEPTION
    WHEN SQLSTATE 'HF001' THEN RETURN false;
    WHEN lock_not_available OR deadlock_detected THEN RETURN NULL;
  END;
  UPDATE waitlist_entries SET status = 'offered', offer_expires_at = v_expires, units = v_units,
    history = history || waitlist_line('offered'), updated_at = now()
  WHERE id = entry.id;
  DELETE FROM waitlist_wishes WHERE entry_id = entry.id;
  RETURN true;
END $$;

-- Offers a unit (for ranges: in this time) to those who wait, first come first served, as far as it goes.
CREATE FUNCTION offer_waiting(p_unit units, p_during tstzrange) RETURNS void LANGUAGE plpgsql AS $$
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

-- What an entry waits for seems to be free: offers it to whoever is first in line for it. The sweep's way to what was free before the entry came, or
-- lapsed since, or was busy when it came free.
CREATE FUNCTION offer_again(p_entry uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  wish waitlist_wishes;
  unit units;
BEGIN
  FOR wish IN SELECT * FROM waitlist_wishes WHERE entry_id = p_entry ORDER BY item_id LOOP
    SELECT * INTO unit FROM free_units(wish.offering_id, wish.unit_id, wish.quantity, wish.during, wish.starts_at, wish.party_size, 1);
    IF FOUND THEN PERFORM offer_waiting(unit, wish.during); END IF;
  END LOOP;
END $$;

CREATE FUNCTION pass_on_claim() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  unit units;
BEGIN
  IF EXISTS (SELECT FROM waitlist_wishes w WHERE w.place = place_of(NEW.resource)) THEN
    SELECT * INTO unit FROM units WHERE offering_id = NEW.offering_id AND id = NEW.unit_id;
    PERFORM offer_waiting(unit, NEW.during);
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION pass_on_unit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM waitlist_wishes w WHERE w.place = place_of(NEW.resource)) THEN
    PERFORM offer_waiting(NEW, NULL);
  END IF;
  RETURN NULL;
END $$;

-- Whatever frees a unit, whoever does it: at the end of the transaction, so that a change that gives a unit up and takes it again frees nothing.
CREATE CONSTRAINT TRIGGER claims_pass_on AFTER UPDATE OF state ON claims DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.state <> 'released' AND NEW.state = 'released' AND NEW.mechanism <> 'counter') EXECUTE FUNCTION pass_on_claim();
CREATE CONSTRAINT TRIGGER units_pass_on AFTER UPDATE ON units DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.claimed < OLD.claimed
    OR (NEW.blocked, NEW.capacity, NEW.min_party, NEW.max_party, NEW.starts_at)
      IS DISTINCT FROM (OLD.blocked, OLD.capacity, OLD.min_party, OLD.max_party, OLD.starts_at)) EXECUTE FUNCTION pass_on_unit();
CREATE CONSTRAINT TRIGGER units_pass_on_new AFTER INSERT ON units DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION pass_on_unit();

-- How manieth each entry is of those who wait for something that the one's could be part of.
CREATE FUNCTION places_in_line(p_entries uuid[]) RETURNS TABLE (entry_id uuid, in_line int) LANGUAGE sql STABLE AS $$
  SELECT w.entry_id, 1 + count(DISTINCT o.entry_id)::int
  FROM waitlist_wishes w
  LEFT JOIN waitlist_wishes o ON o.place = w.place AND o.position < w.position
    AND (o.resource IS NULL OR w.resource IS NULL OR o.resource = w.resource)
    AND (o.mechanism <> 'counter' OR o.starts_at IS NULL OR w.starts_at IS NULL OR o.starts_at = w.starts_at)
    AND (o.during IS NULL OR w.during IS NULL OR o.during && w.during)
  WHERE w.entry_id = ANY (p_entries)
  GROUP BY w.entry_id
$$;

-- Puts an entry at the end of its queue; asked again it changes nothing. `p` is its row, `p_by` who put it there.
CREATE FUNCTION join_waitlist(p jsonb, p_by jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  entry waitlist_entries;
BEGIN
  INSERT INTO waitlist_entries (id, profile, caller_id, customer_id, provider_id, offering_ids, body, fingerprint, wanted, claims, offer_seconds,
    closes_at, history)
  SELECT r.id, r.profile, r.caller_id, r.customer_id, r.provider_id, r.offering_ids, r.body, r.fingerprint, r.wanted, r.claims, r.offer_seconds,
    r.closes_at, jsonb_build_array(waitlist_line('waiting', p_by))
  FROM jsonb_populate_record(NULL::waitlist_entries, p) r
  ON CONFLICT (id) DO NOTHING RETURNING * INTO entry;
  IF NOT FOUND THEN RETURN; END IF;
  INSERT INTO waitlist_wishes (entry_id, item_id, position, offering_id, unit_id, place, resource, mechanism, quantity, starts_at, during, party_size)
  SELECT entry.id, i.item_id, entry.position, i.offering_id, i.unit_id, place_of(u.resource), CASE WHEN i.unit_id IS NOT NULL THEN u.resource END,
    u.mechanism, i.quantity, i.starts_at, CASE WHEN i.occupied_from IS NOT NULL THEN tstzrange(i.occupied_from, i.occupied_to) END, i.party_size
  FROM jsonb_to_recordset(entry.claims) AS i (
    item_id text, offering_id text, unit_id text, quantity int, starts_at timestamptz,
    occupied_from timestamptz, occupied_to timestamptz, party_size int)
  CROSS JOIN LATERAL (
    SELECT * FROM units u WHERE u.offering_id = i.offering_id AND (i.unit_id IS NULL OR u.id = i.unit_id) ORDER BY u.id LIMIT 1
  ) u;
END $$;

-- Takes an entry out of its queue and gives up what it was offered, which passes on. Returns the status it then has: `withdrawn`, or what it was
-- when it was over already. Null when there is none.
CREATE FUNCTION withdraw_entry(p_entry uuid, p_by jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  entry waitlist_entries;
BEGIN
  SELECT * INTO entry FROM waitlist_entries WHERE id = p_entry FOR UPDATE;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF entry.status NOT IN ('waiting', 'offered') OR entry.offer_expires_at <= now() THEN
    RETURN CASE entry.status WHEN 'offered' THEN 'expired' ELSE entry.status END;
  END IF;
  UPDATE waitlist_entries SET status = 'withdrawn', history = history || waitlist_line('withdrawn', p_by), updated_at = now() WHERE id = p_entry;
  DELETE FROM waitlist_wishes WHERE entry_id = p_entry;
  PERFORM release_claims(entry.booking_id, 'offer_withdrawn');
  RETURN 'withdrawn';
END $$;

-- Ends one offer that nobody answered, and passes its units on; false when there is none.
CREATE FUNCTION expire_offer() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  entry waitlist_entries;
BEGIN
  SELECT * INTO entry FROM waitlist_entries WHERE status = 'offered' AND offer_expires_at <= now()
  ORDER BY offer_expires_at LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  UPDATE waitlist_entries SET status = 'expired', history = history || waitlist_line('expired'), updated_at = now() WHERE id = entry.id;
  PERFORM release_claims(entry.booking_id, 'offer_expired');
  RETURN true;
END $$;

-- Ends up to p_limit entries whose time has come without an offer, and returns how many.
CREATE FUNCTION close_entries(p_limit int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  closed int;
BEGIN
  WITH due AS (
    SELECT id FROM waitlist_entries WHERE status = 'waiting' AND closes_at <= now() ORDER BY closes_at LIMIT p_limit FOR UPDATE SKIP LOCKED
  ), ended AS (
    UPDATE waitlist_entries e SET status = 'expired', history = e.history || waitlist_line('expired'), updated_at = now()
    FROM due WHERE e.id = due.id RETURNING e.id
  ), gone AS (
    DELETE FROM waitlist_wishes w USING ended WHERE w.entry_id = ended.id
  )
  SELECT count(*)::int INTO closed FROM ended;
  RETURN closed;
END $$;

-- As it was; but what somebody waits for and could have is not free for others (A-36: nobody starts a workflow for it).
ALTER FUNCTION look_up_items(jsonb, jsonb) RENAME TO look_up_items_regardless;
CREATE FUNCTION look_up_items(p_items jsonb, p_buffers jsonb)
RETURNS TABLE (item_id text, offering jsonb, unit jsonb, kinds text[], free_unit text) LANGUAGE sql STABLE AS $$
  SELECT f.item_id, f.offering, f.unit, f.kinds, CASE WHEN NOT EXISTS (
    SELECT FROM units u JOIN offerings o ON o.id = u.offering_id
    WHERE u.offering_id = i.offering_id AND u.id = f.free_unit
      AND EXISTS (SELECT FROM waitlist_wishes w WHERE w.place = place_of(u.resource))
      AND is_awaited(u, CASE u.mechanism WHEN 'range' THEN occupied(o, i.starts_at, i.ends_at, p_buffers) END)
  ) THEN f.free_unit END
  FROM look_up_items_regardless(p_items, p_buffers) f
  JOIN jsonb_to_recordset(p_items) AS i (item_id text, offering_id text, starts_at timestamptz, ends_at timestamptz) ON i.item_id = f.item_id
$$;
