-- Where the data of a fact have what a person said. Nothing else of the history may be blanked (only_words_go): the other texts of facts are codes.
CREATE OR REPLACE FUNCTION words_of_fact(p_fact text) RETURNS SETOF text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT path FROM (VALUES
    ('{reason}'::text[], '{displaced,displacement_settled,revival_failed,ended,moved,items_cancelled,visit_over,changed,change_held,contact_corrected,attention_cleared,
      refund_requested,payment_processing,payment_authorized,payment_captured}'::text[]),
    ('{note}', '{refund_requested,refund_succeeded,refund_failed,bounce_settled,attention_cleared}'),
    ('{notes}', '{reservation_confirmed,noted}'),
    ('{revision,notes}', '{changed}'),
    ('{change,reason}', '{change_held}'),
    ('{change,revision,notes}', '{change_held}')
  ) AS w (path, facts)
  WHERE p_fact = ANY (facts)
$$;
