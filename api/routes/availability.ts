import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { money } from '../../domain/money.ts'
import { isRange, plusSeconds, type Instant, type TimeRange } from '../../domain/time.ts'
import { findConflicts, lookUpItems, type Conflict, type ItemFound, type ItemQuestion } from '../../prisma/catalogue.ts'
import { profileNamed } from '../../profiles/index.ts'
import type { Parts } from '../../wire.ts'
import type { Variables } from '../auth.ts'
import { answers, jsonBody, problems, SECURITY } from '../documented.ts'
import { BUFFERS, closedBecause, currentInstant } from '../order.ts'
import { AvailabilitySchema } from '../schemas/order.ts'

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
  summary: 'Is it free, what conflicts, what would it cost; up to 100 at once (A-10)',
  security: SECURITY,
  request: jsonBody(AvailabilitySchema),
  responses: { ...answers(200, 'one answer per item, in order', AnswerSchema), ...problems(422) },
})

/** a batch is one look at the offerings, one at the conflicts and one estimate per profile and currency. */
export function availabilityRoutes(app: OpenAPIHono<{ Variables: Variables }>, parts: Parts): void {
  app.openapi(check, async (c) => {
    const { items } = c.req.valid('json')
    const questions = items.map((item, index): ItemQuestion => ({
      id: String(index + 1),
      offeringId: item.offering_id,
      unitId: item.unit_id ?? null,
      quantity: item.quantity ?? 1,
      start: item.start ?? null,
      end: item.end ?? null,
      partySize: item.party_size ?? null,
    }))
    const found = await lookUpItems(parts.database, questions, BUFFERS)
    const taken = questions.filter((_, index) => found[index]!.freeUnit === null)
    const [conflicts, prices] = await Promise.all([
      findConflicts(parts.database, taken, BUFFERS),
      estimates(parts, questions, found),
    ])
    const now = currentInstant()
    const answers = questions.map((question, index) => {
      const { freeUnit } = found[index]!
      const isOpen = isOpenFor(question, found[index]!, now)
      return {
        offering_id: question.offeringId,
        unit_id: question.unitId ?? freeUnit,
        available: isOpen && freeUnit !== null,
        conflicts: (conflicts.get(question.id) ?? []).map(renderConflict),
        price: prices.get(question.id) ?? null,
      }
    })
    return c.json({ available: answers.every(({ available }) => available), items: answers }, 200)
  })
}

/** Would an order for it be let through, as far as its offering goes? What is free there is another question. */
function isOpenFor(question: ItemQuestion, item: ItemFound, now: Instant): boolean {
  const profile = item.offering === null ? undefined : profileNamed(item.offering.profile)
  if (item.offering === null || profile === undefined) return false
  const time = timeAsked(question, item)
  return (time === null || time.start > now) && closedBecause(time, item.offering, profile, now) === null
}

/** The time asked about: the unit's own where it has one, else from the question, with the offering's duration. */
function timeAsked({ start, end }: ItemQuestion, { offering, unit }: ItemFound): TimeRange | null {
  if (unit?.start != null) return { start: unit.start, end: unit.end ?? unit.start }
  if (start === null) return null
  return { start, end: end ?? plusSeconds(start, 60 * (offering?.durationMinutes ?? 0)) }
}

function renderConflict({ unitId, start, end, quantity }: Conflict) {
  return { unit_id: unitId, start, end, quantity }
}

/** What each item would cost, in as few questions to the pricing service as there are profiles and currencies. */
async function estimates(
  { pricing }: Parts,
  questions: readonly ItemQuestion[],
  found: readonly ItemFound[],
): Promise<Map<string, { amount: number; currency: string }>> {
  const groups = new Map<
    string,
    { profile: string; currency: string; lines: Parameters<typeof pricing.estimate>[0]['lines'][number][] }
  >()
  for (const [index, question] of questions.entries()) {
    const { offering, unit } = found[index]!
    if (offering === null || profileNamed(offering.profile) === undefined) continue
    const { currency } = offering.price
    const key = `${offering.profile} ${currency}`
    const group = groups.get(key) ?? { profile: offering.profile, currency, lines: [] }
    groups.set(key, group)
    const time = timeAsked(question, found[index]!)
    const range = time !== null && isRange(time) ? time : null
    if (range === null && (offering.priceUnit === 'hour' || offering.priceUnit === 'night')) continue
    group.lines.push({
      itemId: question.id,
      offeringId: offering.id,
      unitId: question.unitId,
      unitPrice: money(unit?.price ?? offering.price.amount, currency),
      priceUnit: offering.priceUnit,
      quantity: question.quantity,
      range,
      partySize: question.partySize,
    })
  }
  const priced = await Promise.all(
    [...groups.values()]
      .filter(({ lines }) => lines.length > 0)
      .map(({ profile, currency, lines }) =>
        pricing.estimate({ profile, currency, partySize: lines[0]?.partySize ?? null, lines }),
      ),
  )
  return new Map(
    priced.flatMap(({ currency, lines }) => lines.map(({ itemId, amount }) => [itemId, { amount, currency }] as const)),
  )
}
