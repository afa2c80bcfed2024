-- Is a booking one that this actor may displace and be told of (N-57)? A provider's are their own; a table of a house may have others' on it.
-- p_why: {reason, role, id}.
CREATE OR REPLACE FUNCTION booking_concerns(p_booking uuid, p_why jsonb) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT p_why ->> 'role' IS DISTINCT FROM 'provider'
    OR EXISTS (SELECT FROM bookings b WHERE b.id = p_booking AND b.provider_id = p_why ->> 'id')
$$;
