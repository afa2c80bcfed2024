-- The items, with a seat named where any would do: items of one group (`seats`: {group, adjacent, section}) get theirs together. One chooses at a time
-- for an offering, until the end of the transaction: nobody is offered what another is just taking. Raises HF001 (DETAIL = item id).
CREATE OR REPLACE FUNCTION choose_items(p_lock uuid, p_items jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  asked record;
  seats text[];
  result jsonb := p_items;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('seats/' || o.offering_id, 0))
  FROM (SELECT DISTINCT i ->> 'offering_id' AS offering_id FROM jsonb_array_elements(p_items) i WHERE i -> 'seats' <> 'null' ORDER BY 1) o;
  FOR asked IN
    SELECT i ->> 'offering_id' AS offering_id, i #>> '{seats,group}' AS "group", i #>> '{seats,section}' AS section,
      bool_or((i #>> '{seats,adjacent}')::boolean) AS adjacent, array_agg(i ->> 'item_id' ORDER BY n) AS items
    FROM jsonb_array_elements(p_items) WITH ORDINALITY AS a (i, n) WHERE i -> 'seats' <> 'null'
    GROUP BY 1, 2, 3 ORDER BY 1, cardinality(array_agg(n)) DESC, min(n)
  LOOP
    seats := choose_seats(asked.offering_id, asked.section, cardinality(asked.items), asked.adjacent, p_lock, (
      SELECT coalesce(array_agg(i ->> 'unit_id'), '{}') FROM jsonb_array_elements(result) i
      WHERE i ->> 'offering_id' = asked.offering_id AND i ->> 'unit_id' IS NOT NULL));
    IF seats IS NULL THEN
      RAISE EXCEPTION 'sold out' USING ERRCODE = 'HF001', DETAIL = asked.items[1];
    END IF;
    SELECT jsonb_agg(CASE WHEN s.seat IS NULL THEN i ELSE i || jsonb_build_object('unit_id', s.seat) END ORDER BY n) INTO result
    FROM jsonb_array_elements(result) WITH ORDINALITY AS a (i, n)
    LEFT JOIN unnest(asked.items, seats) AS s (item_id, seat) ON s.item_id = i ->> 'item_id';
  END LOOP;
  RETURN result;
END $$;
