-- The data of a fact with what a person said in them as "erased": of p_said only, NULL: whatever was said. Nothing else changes.
CREATE OR REPLACE FUNCTION blank_words(p_fact text, p_data jsonb, p_said text[]) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  v_path text[];
BEGIN
  FOR v_path IN SELECT * FROM words_of_fact(p_fact) LOOP
    IF jsonb_typeof(p_data #> v_path) = 'string' AND (p_said IS NULL OR p_data #>> v_path = ANY (p_said)) THEN
      p_data := jsonb_set(p_data, v_path, '"erased"', false);
    END IF;
  END LOOP;
  RETURN p_data;
END $$;
