-- For each item: up to p_limit live claims that stand in its way. Items as for look_up_items.
CREATE OR REPLACE FUNCTION find_conflicts(p_items jsonb, p_buffers jsonb, p_limit int)
RETURNS TABLE (item_id text, unit_id text, starts_at timestamptz, ends_at timestamptz, quantity int) LANGUAGE sql STABLE AS $$
  SELECT i.item_id, c.unit_id, lower(c.during), upper(c.during), c.quantity
  FROM jsonb_to_recordset(p_items) AS i (item_id text, offering_id text, unit_id text, starts_at timestamptz, ends_at timestamptz)
  JOIN offerings o ON o.id = i.offering_id
  CROSS JOIN LATERAL (
    SELECT c.* FROM units u JOIN claims c ON c.resource = u.resource
    WHERE u.offering_id = i.offering_id AND (i.unit_id IS NULL OR u.id = i.unit_id) AND c.state <> 'released' AND NOT is_lapsed(c)
      AND (c.during IS NULL OR c.during && occupied(o, i.starts_at, i.ends_at, p_buffers))
    ORDER BY c.id LIMIT p_limit
  ) c
$$;
