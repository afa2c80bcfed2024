import { createHash } from 'node:crypto'
import type { Context } from 'hono'
import { v5 } from 'uuid'
import { Refused } from '../domain/failures.ts'
import { beginRequest, storeAnswer, type Scope, type StoredAnswer } from '../prisma/idempotency.ts'
import type { Parts } from '../runtime/wire.ts'
import type { Variables } from './auth.ts'
import { withoutSecrets, withSecrets } from './kept-answers.ts'
import { invalid, problemBehind } from './problems.ts'

type ApiContext = Context<{ Variables: Variables }>

/** What a handler answers: kept as data, so that it can be given again. */
export type Answer = StoredAnswer

/** What an operation is known by: its id is the same for the same caller, route, target and key, and new without a key. */
export type Operation = {
  readonly id: string
  readonly fingerprint: string
  /** An earlier request under this key was begun and its answer is not known: nothing may be refused on account of its own effects. */
  readonly begunBefore: boolean
}

const NAMESPACE = '6f9c1f0e-2b64-5d0e-9d5f-1c9a7f0b51aa'
const MAX_KEY_LENGTH = 255

/**
 * Runs an operation once per caller, route, target and key (A-30). The first final answer (2xx, 409, 422) is stored and given again; another body under
 * the key is a 422; a twin that comes while the first is under way runs under the same id, so it gets the same answer from the same workflow.
 * Without a key nothing is deduplicated.
 */
export async function once(
  c: ApiContext,
  parts: Pick<Parts, 'database' | 'config'>,
  route: string,
  target: string,
  body: { readonly idempotency_key?: string | undefined },
  operation: (operation: Operation) => Promise<Answer>,
): Promise<Response> {
  const { database } = parts
  const fingerprint = fingerprintOf(body)
  const key = keyOf(c, body.idempotency_key)
  if (key === null) return reply(c, await operation({ id: crypto.randomUUID(), fingerprint, begunBefore: false }))

  const caller = c.get('principal').id
  const scope = { caller, route, target, key }
  const earlier = await beginRequest(database, scope, fingerprint)
  if (earlier !== null && earlier.fingerprint !== fingerprint) throw otherBody()
  if (earlier?.answer != null) {
    c.header('idempotency-replayed', 'true')
    return reply(c, await whole(parts, earlier.answer))
  }
  const id = v5(JSON.stringify([caller, route, target, key]), NAMESPACE)
  try {
    const answer = await operation({ id, fingerprint, begunBefore: earlier !== null })
    return reply(c, await stored(parts, scope, answer))
  } catch (error) {
    const problem = problemBehind(error)
    if (problem === null || (problem.status !== 409 && problem.status !== 422)) throw error
    return reply(c, await stored(parts, scope, { status: problem.status, body: problem }))
  }
}

/** Stores an answer, and answers with the one that stands: nearly always this one. */
async function stored(parts: Pick<Parts, 'database' | 'config'>, scope: Scope, answer: Answer): Promise<Answer> {
  const kept = { ...answer, body: withoutSecrets(answer.body) }
  const standing = await storeAnswer(parts.database, scope, kept)
  return JSON.stringify(standing) === JSON.stringify(kept) ? answer : whole(parts, standing)
}

async function whole(parts: Pick<Parts, 'database' | 'config'>, answer: Answer): Promise<Answer> {
  return { ...answer, body: await withSecrets(parts, answer.body) }
}

/** The refusal of a key that was used before for something else. */
export function otherBody(): Refused {
  return new Refused({
    code: 'idempotency_mismatch',
    message: 'This Idempotency-Key was used with another body. Use a new key for a new request.',
  })
}

/** A hash of what was asked, the same for the same JSON whatever the order of its members; the key itself is not part of it. */
function fingerprintOf({ idempotency_key: _key, ...body }: { readonly idempotency_key?: string | undefined }): string {
  return createHash('sha256').update(canonical(body)).digest('hex')
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}

function keyOf(c: ApiContext, inBody: string | undefined): string | null {
  const key = c.req.header('idempotency-key') ?? inBody
  if (key === undefined) return null
  if (key.length === 0 || key.length > MAX_KEY_LENGTH || !/^[\x21-\x7e]+$/.test(key)) {
    throw invalid({ pointer: '/idempotency_key', message: `is 1 to ${MAX_KEY_LENGTH} printable ASCII characters` })
  }
  return key
}

function reply(c: ApiContext, { status, body, etag }: Answer): Response {
  const type = status < 300 ? 'application/json' : 'application/problem+json'
  const headers = { 'content-type': type, ...(etag !== undefined && { etag }) }
  return new Response(JSON.stringify(body), { status, headers: { ...headers, ...Object.fromEntries(c.res.headers) } })
}
