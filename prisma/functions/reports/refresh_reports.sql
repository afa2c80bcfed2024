-- Refreshes both views unless they are younger than that, or somebody is at it: then false. Readers are not kept waiting.
CREATE OR REPLACE FUNCTION refresh_reports(p_younger_than interval) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('holdfast'), hashtext('refresh_reports')) THEN RETURN false; END IF;
  IF EXISTS (SELECT FROM report_refreshes WHERE name = 'views' AND refreshed_at > now() - p_younger_than) THEN RETURN false; END IF;
  REFRESH MATERIALIZED VIEW CONCURRENTLY upcoming_bookings_view;
  REFRESH MATERIALIZED VIEW CONCURRENTLY booking_completion_rates;
  UPDATE report_refreshes SET refreshed_at = now() WHERE name = 'views';
  RETURN true;
END $$;
