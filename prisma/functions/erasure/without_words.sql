-- A JSON value of a booking without what is known of its customer and what people said: of a person there is only the id, metadata are empty, a text
-- becomes "erased", so that a reader still finds a text. Reasons go only when they are among p_said: the others are codes. Ids, amounts, times and states stay.
CREATE OR REPLACE FUNCTION without_words(p jsonb, p_said text[]) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  CASE jsonb_typeof(p)
    WHEN 'array' THEN
      RETURN (SELECT coalesce(jsonb_agg(without_words(v, p_said) ORDER BY n), '[]') FROM jsonb_array_elements(p) WITH ORDINALITY e (v, n));
    WHEN 'object' THEN
      RETURN (SELECT coalesce(jsonb_object_agg(k, CASE
          WHEN k IN ('customer', 'user', 'student', 'guest', 'pet') AND jsonb_typeof(v) = 'object' THEN
            (SELECT coalesce(jsonb_object_agg(m, CASE WHEN m = 'id' THEN w ELSE 'null' END), '{}') FROM jsonb_each(v) o (m, w))
          WHEN k = 'metadata' AND jsonb_typeof(v) = 'object' THEN '{}'
          WHEN jsonb_typeof(v) = 'string' AND (k IN ('notes', 'subject', 'comment', 'payment_method')
            OR k IN ('reason', 'cancellation_reason', 'note') AND v #>> '{}' = ANY (p_said)) THEN '"erased"'
          ELSE without_words(v, p_said) END), '{}')
        FROM jsonb_each(p) e (k, v));
    ELSE RETURN p;
  END CASE;
END $$;
