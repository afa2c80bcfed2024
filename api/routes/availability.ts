import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { mechanismOf } from '../../domain/offering.ts'
import { plusSeconds, withBuffer, type Instant, type TimeRange } from '../../domain/time.ts'
import {
  findConflicts,
  lookUpItems,
  type Conflict,
  type ItemFound,
  type ItemQuestion,
} from '../../prisma/item-lookup.ts'
import { profileNamed } from '../../profiles/index.ts'
import type { Parts } from '../../runtime/wire.ts'
import type { Variables } from '../auth.ts'
import { about, answers, jsonBody, problems } from '../documented.ts'
import { currentInstant } from '../clock.ts'
import { closedBecause } from '../items.ts'
import { BUFFERS } from '../order.ts'
import { estimates, type Asked } from '../prices.ts'
import { AvailabilitySchema } from '../schemas/order.ts'
import { inInstants } from '../local-times.ts'

const AnswerSchema = z
  .object({
    available: z.boolean(),
    items: z.array(
      z.object({
        offering_id: z.string(),
        unit_id: z.string().nullable(),
        available: z.boolean(),
        conflicts: z.array(
          z.object({
            unit_id: z.string(),
            start: z.string().nullable(),
            end: z.string().nullable(),
            quantity: z.int(),
          }),
        ),
        price: z.object({ amount: z.int(), currency: z.string() }).nullable(),
      }),
    ),
  })
  .openapi('Availability')

const check = createRoute({
  method: 'post',
  path: '/bookings/availability/check',
  ...about(
    'Availability',
    'checkAvailability',
    'Ask whether it is free, what conflicts, and what it would cost',
    'Up to 100 questions at once, answered in order. Nothing is held: the price is an estimate, and somebody else may be faster.',
  ),
  request: jsonBody(AvailabilitySchema, 'anyTable', 'severalThings'),
  responses: { ...answers(200, 'one answer per item, in order', AnswerSchema), ...problems(422) },
})

/** a batch is one look at the offerings, one at the conflicts and one estimate per profile, currency and size of a party. */
export function availabilityRoutes(app: OpenAPIHono<{ Variables: Variables }>, parts: Parts): void {
  app.openapi(check, async (c) => {
    const { items } = await inInstants(parts.database, c.req.valid('json'))
    const questions = items.map((item, index): ItemQuestion => ({
      id: String(index + 1),
      offeringId: item.offering_id,
      unitId: item.unit_id ?? null,
      quantity: item.quantity ?? 1,
      start: item.start ?? null,
      end: item.end ?? null,
      partySize: item.party_size ?? null,
      seats: { adjacent: item.adjacent ?? false, section: item.section ?? null },
    }))
    const found = await lookUpItems(parts.database, questions, BUFFERS)
    const asked = questions.map((question, index) => {
      const item = found[index]!
      return { question, found: item, time: timeAsked(question, item) }
    })
    const taken = questions.filter((_, index) => found[index]!.freeUnit === null)
    const [conflicts, prices, freeElsewhere] = await Promise.all([
      findConflicts(parts.database, taken, BUFFERS),
      estimates(parts, asked),
      checkElsewhere(parts, asked),
    ])
    const now = currentInstant()
    const answers = asked.map((item) => {
      const { question, found } = item
      const { freeUnit } = found
      return {
        offering_id: question.offeringId,
        // Which unit another inventory would give is not known before it is reserved.
        unit_id: question.unitId ?? (parts.inventory === null ? freeUnit : null),
        available: isOpen(item, now) && freeUnit !== null && (freeElsewhere.get(question.id) ?? true),
        conflicts: (conflicts.get(question.id) ?? []).map(renderConflict),
        price: prices.get(question.id) ?? null,
      }
    })
    return c.json({ available: answers.every(({ available }) => available), items: answers }, 200)
  })
}

/** Would an order for it be let through, as far as its offering goes? What is free there is another question. */
function isOpen({ found: { offering }, time }: Asked, now: Instant): boolean {
  const profile = offering === null ? undefined : profileNamed(offering.profile)
  if (offering === null || profile === undefined) return false
  return (time === null || time.start > now) && closedBecause(time, offering, profile, now) === null
}

/** The time asked about: the unit's own where it has one, else from the question, with the offering's duration. */
function timeAsked({ start, end }: ItemQuestion, { offering, unit, anyUnits }: ItemFound): TimeRange | null {
  const [any] = unit === null && start === null ? anyUnits : []
  if (any?.start != null) return { start: any.start, end: any.end ?? any.start }
  if (unit?.start != null) return { start: unit.start, end: unit.end ?? unit.start }
  if (start === null) return null
  return { start, end: end ?? plusSeconds(start, 60 * (offering?.durationMinutes ?? 0)) }
}

/** What the inventory service says of what looks free here, when there is one: the units are its to give (S-01). */
async function checkElsewhere(
  { inventory }: Pick<Parts, 'inventory'>,
  asked: readonly Asked[],
): Promise<ReadonlyMap<string, boolean>> {
  const items = asked.flatMap((item) => {
    if (item.found.freeUnit === null) return []
    const { id, offeringId, unitId, quantity, partySize } = item.question
    return [{ itemId: id, offeringId, unitId, quantity, range: occupiedBy(item), partySize }]
  })
  return inventory === null || items.length === 0 ? new Map() : inventory.check(items)
}

/** The time a unit would be occupied, buffers included; null for what is not had for a time. */
function occupiedBy({ found: { offering, unit, kinds }, time }: Asked): TimeRange | null {
  const kind = unit?.kind ?? kinds[0]
  if (offering === null || time === null || kind === undefined || mechanismOf(kind) !== 'range') return null
  const { before = 0, after = 0 } = BUFFERS[offering.profile] ?? {}
  return withBuffer(time, offering.policy.bufferBeforeMinutes ?? before, offering.policy.bufferAfterMinutes ?? after)
}

function renderConflict({ unitId, start, end, quantity }: Conflict) {
  return { unit_id: unitId, start, end, quantity }
}
