-- Who is signed in at the console (N-56). The row is found by a hash of what the browser keeps, and its token is encrypted under it: whoever reads the
-- table cannot be anybody. Signing out deletes the row, for every replica at once.
CREATE TABLE console_sessions (
  id bytea PRIMARY KEY,
  token bytea NOT NULL,
  expires_at timestamptz(3) NOT NULL
);
CREATE INDEX console_sessions_expires_at_idx ON console_sessions (expires_at);

-- Where an operator lets a provider sell (N-57): offerings of theirs may name this venue, whose tables and rooms are others' too.
CREATE TABLE venue_providers (
  venue_id text NOT NULL,
  provider_id text NOT NULL,
  allowed_by text NOT NULL,
  allowed_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (venue_id, provider_id)
);

-- What stands was loaded or left state by operators.
INSERT INTO venue_providers (venue_id, provider_id, allowed_by)
SELECT DISTINCT venue_id, provider_id, 'migration' FROM offerings WHERE venue_id IS NOT NULL AND provider_id IS NOT NULL;
