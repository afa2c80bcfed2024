-- How each month's bookings ended, by their creation: months by the clock of each booking's zone, one row for each zone (N-88). `month` is the moment at which it begins there.
-- Null: of every clinic. The form of the body is as in clinic_bookings.
CREATE OR REPLACE FUNCTION completion_by_month(p_provider text DEFAULT NULL) RETURNS TABLE (
  month timestamptz, total_bookings bigint, completed_bookings bigint, cancelled_bookings bigint, no_show_bookings bigint,
  completion_rate numeric, cancellation_rate numeric, time_zone text
) LANGUAGE sql STABLE BEGIN ATOMIC
  WITH b AS MATERIALIZED (SELECT c.created_at, c.status, c.time_zone FROM clinic_bookings(p_provider) c),
    z AS MATERIALIZED (SELECT d.time_zone, as_known_zone(d.time_zone) AS known FROM (SELECT DISTINCT b.time_zone FROM b) d)
  SELECT date_trunc('month', b.created_at, z.known), count(*), count(*) FILTER (WHERE b.status = 'completed'),
    count(*) FILTER (WHERE b.status = 'cancelled'), count(*) FILTER (WHERE b.status = 'no-show'),
    round(count(*) FILTER (WHERE b.status = 'completed')::numeric / count(*) * 100, 2),
    round(count(*) FILTER (WHERE b.status = 'cancelled')::numeric / count(*) * 100, 2),
    z.known
  FROM b JOIN z ON z.time_zone = b.time_zone
  GROUP BY 1, z.known;
END;
