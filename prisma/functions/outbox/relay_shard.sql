-- Bookings are dealt out to relays by the first byte of their id, which is random (UUID versions 4 and 5).
CREATE OR REPLACE FUNCTION relay_shard(p_booking uuid, p_shards int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT get_byte(uuid_send(p_booking), 0) % p_shards
$$;
