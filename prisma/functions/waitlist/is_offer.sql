-- Are these claims an offer of the waitlist, made under the id of a booking that is not there yet?
CREATE OR REPLACE FUNCTION is_offer(p_lock uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM waitlist_entries e WHERE e.booking_id = p_lock AND e.status IN ('offered', 'expired'))
$$;
