-- Writes what became of an attempt: 2xx delivers; anything else is tried again after p_pause, until the event is older than p_patience. An endpoint
-- that fails three times in a row is left alone for growing pauses, one that says 410 or has only failed for p_patience is disabled (W-03).
-- Returns why the endpoint was disabled by this attempt; null: it was not.
CREATE OR REPLACE FUNCTION settle_delivery(p_id bigint, p_now timestamptz, p_answer int, p_error text, p_pause interval, p_patience interval)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_endpoint webhook_endpoints;
  v_delivery webhook_deliveries;
  v_reason text;
  v_was_down boolean;
BEGIN
  SELECT * INTO v_delivery FROM webhook_deliveries WHERE id = p_id;
  SELECT * INTO v_endpoint FROM webhook_endpoints WHERE id = v_delivery.endpoint_id FOR UPDATE;
  IF p_answer BETWEEN 200 AND 299 THEN
    UPDATE webhook_deliveries SET status = 'delivered', answer = p_answer, error = NULL, settled_at = p_now
    WHERE id = p_id AND status = 'pending';
    v_was_down := v_endpoint.failures >= 5;
    UPDATE webhook_endpoints SET failures = 0, failing_since = NULL, paused_until = NULL WHERE id = v_endpoint.id AND failures > 0;
    IF v_was_down THEN
      -- It is back: what was put off meanwhile goes out now.
      UPDATE webhook_deliveries SET next_try_at = p_now WHERE endpoint_id = v_endpoint.id AND status = 'pending' AND next_try_at > p_now;
    END IF;
    RETURN NULL;
  END IF;
  v_reason := CASE
    WHEN v_endpoint.status = 'disabled' THEN NULL
    WHEN p_answer = 410 THEN 'gone'
    -- A first attempt comes a moment after its event, of which the age decides when it is given up.
    WHEN v_endpoint.failing_since <= p_now - p_patience * 0.95 THEN 'failing' END;
  UPDATE webhook_deliveries SET answer = p_answer, error = left(p_error, 300), next_try_at = p_now + p_pause,
    status = CASE WHEN p_answer = 410 OR created_at <= p_now - p_patience THEN 'failed' ELSE 'pending' END,
    settled_at = CASE WHEN p_answer = 410 OR created_at <= p_now - p_patience THEN p_now END
  WHERE id = p_id AND status = 'pending';
  UPDATE webhook_endpoints SET failures = failures + 1, failing_since = coalesce(failing_since, p_now),
    paused_until = CASE WHEN failures >= 2 THEN p_now + make_interval(secs => least(600, 5 * 2 ^ least(failures - 2, 10))) END,
    status = CASE WHEN v_reason IS NULL THEN status ELSE 'disabled' END,
    disabled_reason = coalesce(v_reason, disabled_reason), updated_at = CASE WHEN v_reason IS NULL THEN updated_at ELSE p_now END
  WHERE id = v_endpoint.id;
  RETURN v_reason;
END $$;
