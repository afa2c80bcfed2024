-- The items of a change as rows, with the time they occupy.
CREATE OR REPLACE FUNCTION wanted_items(p_items jsonb) RETURNS TABLE (
  item_id text, offering_id text, unit_id text, quantity int, starts_at timestamptz, party_size int, during tstzrange
) LANGUAGE sql IMMUTABLE AS $$
  SELECT i.item_id, i.offering_id, i.unit_id, i.quantity, i.starts_at, i.party_size,
    CASE WHEN i.occupied_from IS NOT NULL THEN tstzrange(i.occupied_from, i.occupied_to) END
  FROM jsonb_to_recordset(p_items) AS i (
    item_id text, offering_id text, unit_id text, quantity int, starts_at timestamptz,
    occupied_from timestamptz, occupied_to timestamptz, party_size int)
$$;
