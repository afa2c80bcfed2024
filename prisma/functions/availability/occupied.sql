-- The time a booking of an offering occupies: without an end its duration counts, and buffers come from the offering, else from its profile
-- (p_buffers: {profile: {before, after}}, minutes). Null without a start or a length.
CREATE OR REPLACE FUNCTION occupied(o offerings, p_starts_at timestamptz, p_ends_at timestamptz, p_buffers jsonb) RETURNS tstzrange LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN p_starts_at < t.ends_at THEN
    tstzrange(
      p_starts_at - make_interval(mins => coalesce(o.policy ->> 'bufferBeforeMinutes', p_buffers #>> ARRAY[o.profile, 'before'], '0')::int),
      t.ends_at + make_interval(mins => coalesce(o.policy ->> 'bufferAfterMinutes', p_buffers #>> ARRAY[o.profile, 'after'], '0')::int))
  END
  FROM (SELECT coalesce(p_ends_at, p_starts_at + make_interval(mins => o.duration_minutes)) AS ends_at) t
$$;
