-- For each item: its offering, its unit (when named), the kinds of units the offering has, and a unit that is free now. One round trip for a
-- whole batch (A-10, A-36). Items: [{item_id, offering_id, unit_id | null, quantity, starts_at | null, ends_at | null, party_size | null}].
-- What somebody waits for and could have is not free for others: nobody starts a workflow for it.
CREATE OR REPLACE FUNCTION look_up_items(p_items jsonb, p_buffers jsonb)
RETURNS TABLE (item_id text, offering jsonb, unit jsonb, kinds text[], free_unit text) LANGUAGE sql STABLE AS $$
  SELECT i.item_id, to_jsonb(o), to_jsonb(u),
    (SELECT array_agg(DISTINCT k.kind) FROM units k WHERE k.offering_id = i.offering_id),
    (SELECT CASE WHEN NOT (
        EXISTS (SELECT FROM waitlist_wishes w WHERE w.place = place_of(f.resource))
        AND is_awaited(f, CASE f.mechanism WHEN 'range' THEN occupied(o, i.starts_at, i.ends_at, p_buffers) END)
      ) THEN f.id END
      FROM free_units(i.offering_id, i.unit_id, i.quantity, occupied(o, i.starts_at, i.ends_at, p_buffers), i.starts_at, i.party_size, 1) f)
  FROM jsonb_to_recordset(p_items) AS i (
    item_id text, offering_id text, unit_id text, quantity int, starts_at timestamptz, ends_at timestamptz, party_size int)
  LEFT JOIN offerings o ON o.id = i.offering_id
  LEFT JOIN units u ON u.offering_id = i.offering_id AND u.id = i.unit_id
$$;
