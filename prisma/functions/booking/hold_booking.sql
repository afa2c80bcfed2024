-- Makes a held booking: {booking, items, claims, history, outbox, unassigned, chosen}. Returns {repeated, units: [{item_id, unit_id, kind}]};
-- `repeated` when this booking was made before, and then nothing is changed: whatever conflicts is passed over when the booking is there, because a
-- second try that comes while the first is being written (H-22) fails on its reference, too. A reference that is another booking's is a fault.
-- `chosen`: its units were held before (choose_units). For a unit that is picked here the messages say "<unassigned>:<item>", and get its id instead. Raises HF001 (sold out), and then nothing is
-- left behind.
CREATE OR REPLACE FUNCTION hold_booking(p jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  id uuid := (p #>> '{booking,id}')::uuid;
  units jsonb := '[]';
  picked record;
  messages text := p ->> 'outbox';
  v_booking jsonb := p -> 'booking';
  v_contact jsonb;
  v_nobody jsonb;
BEGIN
  -- The guest's name and addresses were withheld from the run that asks (N-24). Where nobody else knows the guest, they are the snapshot, too.
  DELETE FROM withheld w WHERE w.id = p #>> '{booking,id}' RETURNING w.data INTO v_contact;
  IF FOUND THEN
    v_nobody := jsonb_build_object('id', v_booking -> 'customer_id', 'name', NULL, 'email', NULL, 'phone', NULL);
    v_booking := v_booking || jsonb_build_object(
      'customer_name', v_contact -> 'name', 'customer_email', v_contact -> 'email', 'customer_phone', v_contact -> 'phone');
    IF v_booking #> '{snapshots,customer}' = v_nobody THEN
      v_booking := jsonb_set(v_booking, '{snapshots,customer}', v_nobody || v_contact);
    END IF;
  END IF;
  INSERT INTO bookings SELECT * FROM jsonb_populate_record(NULL::bookings, v_booking) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    PERFORM FROM bookings b WHERE b.id = (p #>> '{booking,id}')::uuid;
    IF NOT FOUND THEN
      RAISE unique_violation USING MESSAGE = 'another booking has this reference', CONSTRAINT = 'bookings_reference_key';
    END IF;
    RETURN jsonb_build_object('repeated', true, 'units', units);
  END IF;
  IF p -> 'claims' <> 'null' THEN
    units := CASE WHEN (p ->> 'chosen')::boolean
      THEN adopt_claims(id, (p #>> '{booking,hold_expires_at}')::timestamptz, (p #>> '{booking,hold_lapses_at}')::timestamptz, p -> 'claims')
      ELSE claim_units(id, (p #>> '{booking,hold_expires_at}')::timestamptz, (p #>> '{booking,hold_lapses_at}')::timestamptz, p -> 'claims')
    END;
  END IF;
  INSERT INTO booking_items (booking_id, id, position, offering_id, unit_id, kind, quantity, starts_at, ends_at, unit_price, amount, unit_label)
  SELECT i.booking_id, i.id, i.position, i.offering_id, coalesce(u.unit_id, i.unit_id), coalesce(u.kind, i.kind), i.quantity, i.starts_at, i.ends_at,
    i.unit_price, i.amount, named.label
  FROM jsonb_populate_recordset(NULL::booking_items, p -> 'items') i
  LEFT JOIN jsonb_to_recordset(units) AS u (item_id text, unit_id text, kind text) ON u.item_id = i.id
  LEFT JOIN units named ON named.offering_id = i.offering_id AND named.id = coalesce(u.unit_id, i.unit_id);
  IF p ->> 'unassigned' IS NOT NULL THEN
    FOR picked IN SELECT * FROM jsonb_to_recordset(units) AS u (item_id text, unit_id text) LOOP
      messages := replace(messages, to_json((p ->> 'unassigned') || ':' || picked.item_id)::text, to_json(picked.unit_id)::text);
    END LOOP;
  END IF;
  PERFORM write_trail(p -> 'history', messages::jsonb);
  RETURN jsonb_build_object('repeated', false, 'units', units);
END $$;
