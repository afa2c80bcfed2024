-- The clinic's bookings as its document (seed 001) knows them: a booking there begins with its confirmation, and an hour that was only held is a
-- reservation. Of several services the first one, as in its messages. Null: of every clinic.
-- The body has the form of the SQL standard, which is resolved when it is made: a refresh runs without our schema on its path, and so does a
-- restored dump.
CREATE OR REPLACE FUNCTION clinic_bookings(p_provider text DEFAULT NULL) RETURNS TABLE (
  id uuid, reference_code text, user_id text, pet_id text, clinic_id text, provider_id text, service_id text, amount numeric, status text,
  slot_start timestamptz, slot_end timestamptz, time_zone text, created_at timestamptz
) LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT b.id, b.reference, b.customer_id, b.pet_id, b.venue_id, b.provider_id, i.offering_id,
    round(b.amount / power(10::numeric, currency_exponent(b.currency)), currency_exponent(b.currency)),
    CASE b.status WHEN 'in_progress' THEN 'in-progress' WHEN 'no_show' THEN 'no-show' ELSE b.status END,
    coalesce(i.starts_at, b.starts_at), coalesce(i.ends_at, b.ends_at), b.time_zone, b.created_at
  FROM bookings b JOIN booking_items i ON i.booking_id = b.id AND i.position = 1
  WHERE b.profile = 'clinic' AND (p_provider IS NULL OR b.provider_id = p_provider)
    AND EXISTS (SELECT FROM booking_history h WHERE h.booking_id = b.id AND h.status = 'confirmed');
END;
