import type { Database } from './client.ts'

/** Whose request, of what kind, about what, under which key. */
export type Scope = { readonly caller: string; readonly route: string; readonly target: string; readonly key: string }

/** An answer as it was given: HTTP status, body and entity tag. */
export type StoredAnswer = { readonly status: number; readonly body: object; readonly etag?: string }

/**
 * Notes that a request was begun. Null when it is the first under its key; else what the first one was and, when it is finished, its answer.
 */
export async function beginRequest(
  db: Database,
  { caller, route, target, key }: Scope,
  fingerprint: string,
): Promise<{ fingerprint: string; answer: StoredAnswer | null } | null> {
  // The no-op update makes a twin that is inserting at this moment visible here; `xmax` tells its row from one of our own.
  const [row] = await db.$queryRaw<[{ fingerprint: string; answer: StoredAnswer | null; is_earlier: boolean }]>`
    INSERT INTO idempotency_keys AS k (caller, route, target, key, fingerprint)
    VALUES (${caller}, ${route}, ${target}, ${key}, ${fingerprint})
    ON CONFLICT (caller, route, target, key) DO UPDATE SET key = k.key
    RETURNING k.fingerprint, k.answer, k.xmax <> 0 AS is_earlier`
  return row.is_earlier ? { fingerprint: row.fingerprint, answer: row.answer } : null
}

/** Stores the first final answer, and answers with the one that stands: a twin's, when that was first. */
export async function storeAnswer(
  db: Database,
  { caller, route, target, key }: Scope,
  answer: StoredAnswer,
): Promise<StoredAnswer> {
  const [row] = await db.$queryRaw<{ answer: StoredAnswer }[]>`
    UPDATE idempotency_keys SET status = coalesce(status, ${answer.status}), answered_at = coalesce(answered_at, now()),
      answer = coalesce(answer, ${JSON.stringify(answer)}::json)
    WHERE caller = ${caller} AND route = ${route} AND target = ${target} AND key = ${key}
    RETURNING answer`
  return row?.answer ?? answer
}
