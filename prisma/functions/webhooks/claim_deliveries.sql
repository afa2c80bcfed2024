-- Claims up to p_total deliveries that are due for a sender, and puts them off for the time of a lease, so that they come back by themselves when it
-- dies. Of a booking's line only the first is due: its events arrive in order (W-03). Of an endpoint up to p_each are under way at once, of one that
-- is failing one, so that a slow endpoint delays nobody else; those in p_busy have enough already.
CREATE OR REPLACE FUNCTION claim_deliveries(p_now timestamptz, p_each int, p_total int, p_busy uuid[], p_lease interval)
RETURNS TABLE (id bigint, endpoint_id uuid, event_id uuid, payload text, attempts int, created_at timestamptz, url text, secret text, previous_secret text)
LANGUAGE sql AS $$
  WITH open AS (
    SELECT e.id, CASE WHEN e.failures = 0 THEN p_each ELSE 1 END AS room
    FROM webhook_endpoints e
    WHERE e.status = 'enabled' AND (e.paused_until IS NULL OR e.paused_until <= p_now) AND e.id <> ALL (p_busy)
  ), due AS (
    SELECT d.id FROM open CROSS JOIN LATERAL (
      SELECT d.id FROM webhook_deliveries d
      WHERE d.endpoint_id = open.id AND d.status = 'pending' AND d.next_try_at <= p_now AND NOT EXISTS (
        SELECT FROM webhook_deliveries f
        WHERE f.endpoint_id = d.endpoint_id AND f.booking_id = d.booking_id AND f.status = 'pending' AND f.id < d.id)
      ORDER BY d.next_try_at, d.id LIMIT open.room FOR UPDATE SKIP LOCKED
    ) d LIMIT p_total
  )
  UPDATE webhook_deliveries d SET attempts = d.attempts + 1, next_try_at = p_now + p_lease
  FROM due, webhook_endpoints e
  WHERE d.id = due.id AND e.id = d.endpoint_id
  RETURNING d.id, d.endpoint_id, d.event_id, d.payload::text, d.attempts, d.created_at, e.url, e.secret,
    CASE WHEN e.previous_until > p_now THEN e.previous_secret END
$$;
