-- Whose a resource is: `table/bistro` of `table/bistro/T1`. Tables wanted under one offering may come free under another (domain/offering.ts).
CREATE OR REPLACE FUNCTION place_of(p_resource text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT regexp_replace(p_resource, '/[^/]*$', '')
$$;
