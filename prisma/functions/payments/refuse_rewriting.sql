-- What happened stays as it was written, whoever asks, the tables' owner too: a correction is a new row (N-17). The one way past it is the owner's, by name:
-- ALTER TABLE … DISABLE TRIGGER, for who has to erase something by law (docs/runbook.md).
CREATE OR REPLACE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: a correction is a new row', TG_TABLE_NAME USING ERRCODE = 'HF020';
END $$;

CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
-- An UPDATE of the history is refused row by row (only_words_go).
CREATE TRIGGER history_append_only BEFORE DELETE OR TRUNCATE ON booking_history FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER entries_append_only BEFORE DELETE OR TRUNCATE ON financial_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
