import { hash } from 'node:crypto'
import type { Context } from 'hono'
import type { Database } from '../store/database.ts'
import { Problem, problemResponse } from './problem.ts'

/** What an operation came to: an answer to keep, or a refusal. A returned refusal keeps what was written before it; a throw does not. */
export type Outcome = Answer | Problem

interface Answer {
  status: 200 | 201
  json: string
  /** Given before under the same key. */
  replayed?: true
}

export function answer(status: 200 | 201, body: unknown): Answer {
  return { status, json: JSON.stringify(body) }
}

interface KeyRow {
  fingerprint: string
  status: 200 | 201 | null
  answer: string | null
}

export interface Operations {
  /** An operation that must carry a key. */
  once(c: Context, operation: string, body: unknown, work: (key: string) => Outcome): Response
  /** An operation that may come without a key, from a browser say, and is then done as often as it is asked for. */
  onceIfKeyed(c: Context, operation: string, body: unknown, work: (key: string | null) => Outcome): Response
}

/**
 * Runs an operation once per kind of operation and Idempotency-Key, in one transaction with the record of its answer. A 2xx is given
 * again; after a 402 or 409 the operation is tried again, for the same path and body only; other refusals leave the key unused.
 * Keys are kept as long as the database. Failures: 400 `malformed` without a usable key, 422 `idempotency_mismatch`.
 * @param body the checked body: with the path, what makes two requests the same
 */
export function createOperations(db: Database): Operations {
  function recall(operation: string, key: string, fingerprint: string, work: () => Outcome): Outcome {
    const known = db.get<KeyRow>(
      'select fingerprint, status, answer from keys where operation = ? and key = ?',
      operation,
      key,
    )
    if (known !== undefined && known.fingerprint !== fingerprint) {
      return new Problem(422, 'idempotency_mismatch', 'This Idempotency-Key was used for another request.')
    }
    if (known?.status && known.answer !== null) return { status: known.status, json: known.answer, replayed: true }
    const outcome = work()
    const refused = outcome instanceof Problem
    if (refused && outcome.status !== 402 && outcome.status !== 409) return outcome
    db.run(
      'insert or replace into keys (operation, key, fingerprint, status, answer) values (?, ?, ?, ?, ?)',
      operation,
      key,
      fingerprint,
      refused ? null : outcome.status,
      refused ? null : outcome.json,
    )
    return outcome
  }

  function once(c: Context, operation: string, body: unknown, work: (key: string) => Outcome): Response {
    const key = keyOf(c)
    const fingerprint = hash('sha256', `${c.req.path}\n${canonical(body)}`, 'base64url')
    return send(
      c,
      db.transaction(() => recall(operation, key, fingerprint, () => work(key))),
    )
  }

  return {
    once,
    onceIfKeyed(c, operation, body, work) {
      if (c.req.header('idempotency-key') !== undefined) return once(c, operation, body, work)
      return send(
        c,
        db.transaction(() => work(null)),
      )
    },
  }
}

function send(c: Context, outcome: Outcome): Response {
  if (outcome instanceof Problem) return problemResponse(c, outcome)
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (outcome.replayed) headers['idempotency-replayed'] = 'true'
  return c.body(outcome.json, outcome.status, headers)
}

function keyOf(c: Context): string {
  const key = c.req.header('idempotency-key')
  if (key !== undefined && /^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw new Problem(400, 'malformed', 'The Idempotency-Key header must hold 1 to 255 visible ASCII characters.')
}

/** JSON with sorted members: the order in which a caller writes them means nothing. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
}
