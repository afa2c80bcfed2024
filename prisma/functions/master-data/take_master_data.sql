-- Takes what another system says of one of its own, unless something newer is known, and brings our copies up to date: what is sold from now on
-- (offerings) and whom to reach (bookings). Snapshots stay as they were (T-04, C-03). False when it was old news.
CREATE OR REPLACE FUNCTION take_master_data(p_kind text, p_id text, p_data jsonb, p_updated_at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO master_data AS m (kind, id, data, updated_at) VALUES (p_kind, p_id, p_data, p_updated_at)
  ON CONFLICT (kind, id) DO UPDATE SET data = excluded.data, updated_at = excluded.updated_at WHERE m.updated_at <= excluded.updated_at;
  IF NOT FOUND THEN RETURN false; END IF;
  CASE p_kind
    WHEN 'user' THEN
      UPDATE bookings SET customer_name = p_data ->> 'name', customer_email = p_data ->> 'email', customer_phone = p_data ->> 'phone'
      WHERE customer_id = p_id AND (customer_name, customer_email, customer_phone)
        IS DISTINCT FROM (p_data ->> 'name', p_data ->> 'email', p_data ->> 'phone');
    WHEN 'clinic' THEN
      UPDATE offerings SET venue_name = p_data ->> 'name', updated_at = now() WHERE venue_id = p_id AND profile = 'clinic';
    WHEN 'service' THEN
      UPDATE offerings SET name = p_data ->> 'name', price_amount = (p_data ->> 'price_amount')::bigint,
        duration_minutes = (p_data ->> 'duration_minutes')::int, is_available = (p_data ->> 'is_available')::boolean, updated_at = now()
      WHERE id = p_id AND profile = 'clinic';
    ELSE NULL;
  END CASE;
  RETURN true;
END $$;
