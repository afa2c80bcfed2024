-- Two-step reservations (A-11), longer holds (A-18), and units that are taken away from under their bookings (H-13, H-14).

-- AlterTable
ALTER TABLE "bookings" ADD COLUMN "displacement" JSONB,
ADD COLUMN "hold_asked" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN "reserved" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "units" ADD COLUMN "overbooked" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "displacements" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "booking_id" UUID,
    "offering_id" TEXT NOT NULL,
    "unit_id" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "actor_role" TEXT NOT NULL,
    "actor_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_try_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "delivered_at" TIMESTAMPTZ(3),
    "outcome" TEXT,
    "last_error" TEXT,

    CONSTRAINT "displacements_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "displacements_offering_id_unit_id_idx" ON "displacements"("offering_id", "unit_id");

-- CreateIndex
CREATE INDEX "displacements_booking_id_idx" ON "displacements"("booking_id");

ALTER TABLE displacements
  ADD CONSTRAINT displacements_action CHECK (action IN ('displace', 'restore', 'look_again')),
  ADD CONSTRAINT displacements_booking CHECK ((booking_id IS NULL) = (action = 'look_again'));
CREATE INDEX displacements_due ON displacements (next_try_at) WHERE delivered_at IS NULL;

-- H-13: a capacity may be lowered below what is booked, and only so far as an operator says: `overbooked` is what they accepted. No booking can add
-- to it: whatever is claimed less is taken off it at once, so there is never any room between the two sides of this check.
ALTER TABLE units DROP CONSTRAINT units_within_capacity;
ALTER TABLE units
  ADD CONSTRAINT units_overbooked CHECK (overbooked >= 0),
  ADD CONSTRAINT units_within_capacity CHECK (claimed >= 0 AND (capacity IS NULL OR claimed <= capacity + overbooked));

CREATE FUNCTION take_off_overbooked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.overbooked := least(NEW.overbooked, greatest(0, coalesce(NEW.claimed - NEW.capacity, 0)));
  RETURN NEW;
END $$;
CREATE TRIGGER units_take_off_overbooked BEFORE UPDATE ON units FOR EACH ROW WHEN (OLD.overbooked > 0) EXECUTE FUNCTION take_off_overbooked();

-- Puts down that bookings on a unit are to be told: all of them (p_surplus NULL), or the latest until so much is covered (first come, first
-- served). p_why: {reason, role, id}. Returns the bookings.
CREATE FUNCTION displace_bookings(p_offering text, p_unit text, p_surplus int, p_why jsonb) RETURNS SETOF uuid LANGUAGE sql AS $$
  WITH on_it AS (
    SELECT c.lock_id, sum(c.quantity) AS quantity, max(c.id) AS latest
    FROM units u JOIN claims c ON c.resource = u.resource AND c.state <> 'released'
    WHERE u.offering_id = p_offering AND u.id = p_unit
    GROUP BY c.lock_id
  ), latest_first AS (
    SELECT lock_id, sum(quantity) OVER (ORDER BY latest DESC) - quantity AS covered_before FROM on_it
  )
  INSERT INTO displacements (booking_id, offering_id, unit_id, action, reason, actor_role, actor_id)
  SELECT lock_id, p_offering, p_unit, 'displace', p_why ->> 'reason', p_why ->> 'role', p_why ->> 'id'
  FROM latest_first WHERE p_surplus IS NULL OR covered_before < p_surplus
  RETURNING booking_id
$$;

-- How long after a unit was blocked it is looked at once more: a hold that found it free a moment before has been written, or never will be.
CREATE FUNCTION look_again(p_offering text, p_unit text, p_why jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO displacements (offering_id, unit_id, action, reason, actor_role, actor_id, next_try_at)
  VALUES (p_offering, p_unit, 'look_again', p_why ->> 'reason', p_why ->> 'role', p_why ->> 'id', now() + interval '15 seconds')
$$;

-- Takes a unit off sale, or puts it back (A-20, H-14): {found, done, affected}. Over bookings only with p_force, and then they are displaced in the
-- same transaction; put back, those that were displaced by it keep their places, unless another unit of theirs is blocked too.
CREATE FUNCTION block_unit(p_offering text, p_unit text, p_blocked boolean, p_force boolean, p_why jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  affected jsonb;
BEGIN
  PERFORM FROM units WHERE offering_id = p_offering AND id = p_unit FOR UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('found', false, 'done', false, 'affected', '[]'::jsonb); END IF;
  SELECT coalesce(jsonb_agg(b.lock_id ORDER BY b.lock_id), '[]') INTO affected FROM (
    SELECT DISTINCT c.lock_id FROM units u JOIN claims c ON c.resource = u.resource AND c.state <> 'released'
    WHERE u.offering_id = p_offering AND u.id = p_unit AND p_blocked) b;
  IF jsonb_array_length(affected) > 0 AND NOT p_force THEN
    RETURN jsonb_build_object('found', true, 'done', false, 'affected', affected);
  END IF;
  UPDATE units SET blocked = p_blocked, blocked_reason = CASE WHEN p_blocked THEN p_why ->> 'reason' END
  WHERE offering_id = p_offering AND id = p_unit;
  IF p_blocked THEN
    PERFORM displace_bookings(p_offering, p_unit, NULL, p_why);
    PERFORM look_again(p_offering, p_unit, p_why);
  ELSE
    INSERT INTO displacements (booking_id, offering_id, unit_id, action, reason, actor_role, actor_id)
    SELECT DISTINCT c.lock_id, p_offering, p_unit, 'restore', p_why ->> 'reason', p_why ->> 'role', p_why ->> 'id'
    FROM units u JOIN claims c ON c.resource = u.resource AND c.state <> 'released'
    WHERE u.offering_id = p_offering AND u.id = p_unit
      AND EXISTS (SELECT FROM displacements d
        WHERE d.booking_id = c.lock_id AND d.offering_id = p_offering AND d.unit_id = p_unit AND d.action = 'displace')
      AND NOT EXISTS (SELECT FROM claims other JOIN units o ON o.offering_id = other.offering_id AND o.id = other.unit_id
        WHERE other.lock_id = c.lock_id AND other.state <> 'released' AND (o.blocked OR o.overbooked > 0));
  END IF;
  RETURN jsonb_build_object('found', true, 'done', true, 'affected', affected);
END $$;

-- The second look at a blocked unit: who took it in the same moment is displaced like the others. Returns how many those were.
CREATE FUNCTION displace_latecomers(p_offering text, p_unit text, p_why jsonb) RETURNS int LANGUAGE sql AS $$
  WITH late AS (
    INSERT INTO displacements (booking_id, offering_id, unit_id, action, reason, actor_role, actor_id)
    SELECT DISTINCT c.lock_id, p_offering, p_unit, 'displace', p_why ->> 'reason', p_why ->> 'role', p_why ->> 'id'
    FROM units u JOIN claims c ON c.resource = u.resource AND c.state <> 'released'
    WHERE u.offering_id = p_offering AND u.id = p_unit AND u.blocked
      AND NOT EXISTS (SELECT FROM displacements d
        WHERE d.booking_id = c.lock_id AND d.offering_id = p_offering AND d.unit_id = p_unit AND d.action = 'displace')
    RETURNING booking_id
  )
  SELECT count(*)::int FROM late
$$;

-- What `record_change` does not know of: the hold's terms, what a confirmed reservation adds, and the displacement. In the same statement and only
-- when the change was applied; p_besides NULL: none of it changed. Raises HF002 when the claims that were to be kept longer are somebody else's.
CREATE FUNCTION record_besides(p_booking uuid, p_besides jsonb, p_result text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF p_besides IS NULL OR p_besides = 'null' OR p_result <> 'applied' THEN RETURN p_result; END IF;
  UPDATE bookings b SET
    reserved = s.reserved, hold_asked = s.hold_asked, hold_first_expires_at = s.hold_first_expires_at,
    payment_method = s.payment_method, notes = s.notes, displacement = s.displacement
  FROM bookings old, jsonb_populate_record(old, p_besides -> 'columns') s
  WHERE b.id = p_booking AND old.id = b.id;
  IF (p_besides ->> 'keeps_units')::boolean AND EXISTS (
    SELECT FROM claims c WHERE c.lock_id = p_booking AND c.state = 'released' AND c.release_reason = 'taken_over'
      AND NOT EXISTS (SELECT FROM claims l WHERE l.lock_id = p_booking AND l.item_id = c.item_id AND l.state <> 'released')) THEN
    RAISE EXCEPTION 'units lost' USING ERRCODE = 'HF002';
  END IF;
  RETURN p_result;
END $$;
