import type { Context } from 'hono'
import type { Booking } from '../domain/booking.ts'
import { refusalOf, type CommandType } from '../domain/commands.ts'
import { Refused } from '../domain/failures.ts'
import { PROFILES } from '../profiles/index.ts'
import { commandOf, type CommandInput } from '../workflows/contract.ts'
import type { Parts } from '../runtime/wire.ts'
import { actorOf, type Principal } from './auth.ts'
import type { Answer, Operation } from './idempotency.ts'
import { currentInstant } from './clock.ts'
import { invalid } from './problems.ts'
import { etagOf, renderBooking } from './render.ts'
import { noBooking, visibleBooking } from './visibility.ts'

/** The version a caller looked at, and whether they said so by If-Match: then a mismatch is a 412. */
export type ExpectedVersion = { readonly version: number | null; readonly byHeader: boolean }

/** Reads `If-Match` or `expected_version`. Throws `validation_failed` for a tag that is none of ours. */
export function expectedVersionOf(c: Context, inBody: number | undefined): ExpectedVersion {
  const tag = c.req.header('if-match')
  if (tag === undefined || tag === '*') return { version: inBody ?? null, byHeader: false }
  const version = /^(?:W\/)?"(\d{1,9})"$/.exec(tag)?.[1]
  if (version === undefined) throw invalid({ pointer: '/if-match', message: 'is the ETag of the booking, like "3"' })
  return { version: Number(version), byHeader: true }
}

/**
 * Gives a booking a command and answers with how it then stands. What is not legal is refused here, from the database, so that the refusal is an
 * answer like any other; the workflow refuses it again should the booking move in between.
 */
export async function giveCommand(
  { database, workflows }: Parts,
  principal: Principal,
  request: {
    readonly id: string
    readonly commandFor: (booking: Booking) => CommandType
    readonly reason: string | null
    readonly expected: ExpectedVersion
    readonly operation: Operation
    /** What else the command says, once the booking is known. */
    readonly more?: (booking: Booking) => Partial<CommandInput> | Promise<Partial<CommandInput>>
    /** The version is needed whatever the profile. */
    readonly versionRequired?: boolean
  },
): Promise<Answer> {
  const { id, reason, expected, operation } = request
  const before = await visibleBooking(database, principal, id)
  requireVersion(before, expected, request.versionRequired ?? false)
  const type = request.commandFor(before)
  try {
    const input: CommandInput = {
      by: actorOf(principal),
      reason,
      expectedVersion: expected.version,
      seenVersion: before.version,
      ...(await request.more?.(before)),
    }
    const no = operation.begunBefore ? null : refusalOf(before, commandOf(type, input), currentInstant())
    if (no !== null) throw new Refused(no)
    await workflows.command(id, type, input, operation.id)
  } catch (error) {
    throw await withCurrent(database, principal, id, expected, error)
  }
  const after = await visibleBooking(database, principal, id)
  return { status: 200, body: renderBooking(after, principal), etag: etagOf(after) }
}

/** V-03: some profiles change nothing for callers who do not say what they looked at. */
function requireVersion(booking: Booking, { version }: ExpectedVersion, always: boolean): void {
  const profile = Object.values(PROFILES).find(({ name }) => name === booking.profile)
  if (profile === undefined) throw noBooking(booking.id)
  if (!(always || profile.shape.versionRequired) || version !== null) return
  throw invalid({ pointer: '/expected_version', message: 'is needed (or If-Match): which version did you look at?' })
}

/** A conflict of versions answers with the booking as it is. */
async function withCurrent(
  database: Parts['database'],
  principal: Principal,
  id: string,
  { byHeader }: ExpectedVersion,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof Refused) || error.code !== 'version_conflict') return error
  const current = await visibleBooking(database, principal, id)
  return new Refused({
    code: error.code,
    message: error.message,
    details: { booking: renderBooking(current, principal), ...(byHeader && { status_override: 412 }) },
  })
}
