/** Raised when a table changes shape: a file of another version is refused, never migrated. It is a sandbox: delete the file. */
export const SCHEMA_VERSION = 1

/** Everything the sandbox remembers over a restart. Instants are milliseconds since the epoch, money is minor units. */
export const schema = `
create table if not exists keys (
  operation text not null, key text not null, fingerprint text not null, status integer, answer text,
  primary key (operation, key)
) strict, without rowid;

create table if not exists intents (
  id text primary key, client_secret text not null, booking_id text not null, status text not null,
  amount integer not null check (amount > 0), currency text not null, capture text not null, payment_method text,
  amount_captured integer not null default 0 check (amount_captured between 0 and amount),
  amount_refunded integer not null default 0 check (amount_refunded between 0 and amount_captured),
  failure_code text, refuses_capture integer not null default 0, refund_failures integer not null default 0,
  settle_at integer, outcome text, created_at integer not null, updated_at integer not null
) strict, without rowid;
create index if not exists intents_booking on intents (booking_id);
create index if not exists intents_processing on intents (settle_at) where settle_at is not null;

create table if not exists failed_refunds (
  key text primary key, id text not null, failures integer not null
) strict, without rowid;

create table if not exists ledger (
  seq integer primary key autoincrement, at integer not null, kind text not null, intent_id text not null,
  booking_id text not null, amount integer not null check (amount > 0), currency text not null, key text
) strict;
create index if not exists ledger_booking on ledger (booking_id, seq);
create trigger if not exists ledger_keeps before update on ledger begin select raise(abort, 'the ledger is append-only'); end;
create trigger if not exists ledger_stays before delete on ledger begin select raise(abort, 'the ledger is append-only'); end;

create table if not exists webhooks (
  seq integer primary key autoincrement, id text not null, body text not null, created_at integer not null,
  due_at integer not null, attempts integer not null default 0, held integer not null default 0
) strict;
create index if not exists webhooks_due on webhooks (due_at, seq);
create index if not exists webhooks_held on webhooks (seq) where held = 1;

create table if not exists units (
  offering_id text not null, unit_id text not null, kind text not null, capacity integer,
  min_party integer, max_party integer, primary key (offering_id, unit_id)
) strict, without rowid;
create table if not exists locks (
  lock_id text primary key, state text not null, expires_at integer not null, items text not null, answer text not null
) strict, without rowid;
create table if not exists claims (
  lock_id text not null, item_id text not null, offering_id text not null, unit_id text not null,
  quantity integer not null, start_at integer, end_at integer, primary key (lock_id, item_id)
) strict, without rowid;
create index if not exists claims_unit on claims (offering_id, unit_id);

create table if not exists events (id text primary key, entry text not null) strict, without rowid;
create table if not exists seats (
  event_id text not null, id text not null, price real not null, primary key (event_id, id)
) strict, without rowid;
create table if not exists directory (
  kind text not null, id text not null, entry text not null, primary key (kind, id)
) strict, without rowid;
create table if not exists signing_keys (kid text primary key, jwk text not null) strict, without rowid;
`
