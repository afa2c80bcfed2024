import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { Refused } from '../../domain/failures.ts'
import { listEntries, settleEntry } from '../../prisma/settlements.ts'
import type { FinancialEntry } from '../../prisma/generated/client.ts'
import type { Parts } from '../../runtime/wire.ts'
import { requireRole, type Principal, type Variables } from '../auth.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import { about, answers, jsonBody, problems } from '../documented.ts'
import { once } from '../idempotency.ts'
import { currentInstant } from '../clock.ts'
import { invalid } from '../problems.ts'
import { Id, IdempotencyHeader, IdempotencyKeyField, InstantText, line, text, Uuid, whole } from '../schemas/common.ts'

const MAX_PAGE = 100
const MAX_DETAILS = 20

const Minor = z.int().openapi({ description: 'minor units of the currency; negative where money went back' })

const FinancialEntrySchema = z
  .object({
    id: z.string(),
    booking_id: z.string(),
    clinic_id: z.string().nullable(),
    provider_id: z.string().nullable(),
    type: z.enum(['payment', 'refund']),
    total_amount: Minor,
    platform_fee: Minor,
    clinic_amount: Minor,
    tax_amount: Minor,
    currency: z.string(),
    status: z.enum(['pending', 'settled']),
    settlement_date: z.string().nullable(),
    settlement_details: z.record(z.string(), z.unknown()).nullable(),
    transaction_reference: z.string().nullable(),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .openapi('FinancialEntry')

const list = createRoute({
  method: 'get',
  path: '/financial-entries',
  ...about(
    'Payments',
    'listFinancialEntries',
    'List who gets what of each payment and refund',
    'For operators and services; providers see their own. Newest first.',
  ),
  request: {
    query: z.object({
      cursor: z.string().max(500).optional(),
      limit: whole(1, MAX_PAGE).default(20),
      booking_id: Uuid.optional(),
      clinic_id: Id.optional(),
      provider_id: Id.optional(),
      type: z.enum(['payment', 'refund']).optional(),
      status: z.enum(['pending', 'settled']).optional(),
      from: InstantText.optional(),
      to: InstantText.optional(),
    }),
  },
  responses: {
    ...answers(
      200,
      'a page',
      z.object({ entries: z.array(FinancialEntrySchema), next_cursor: z.string().nullable(), limit: z.int() }),
    ),
    ...problems(403, 422),
  },
})

const SettleSchema = z
  .strictObject({
    transaction_reference: line(1, 200).refine((value) => value.trim() !== '', { message: 'is empty' }),
    settlement_date: InstantText.optional().openapi({ description: 'when it was paid out; now, unless it says' }),
    details: z
      .record(line(1, 100), z.union([text(0, 1000), z.number(), z.boolean()]))
      .refine((details) => Object.keys(details).length <= MAX_DETAILS, {
        message: `has more than ${MAX_DETAILS} members`,
      })
      .optional(),
    idempotency_key: IdempotencyKeyField,
  })
  .openapi('Settle')

const settle = createRoute({
  method: 'post',
  path: '/financial-entries/{id}/settle',
  ...about(
    'Payments',
    'settleFinancialEntry',
    'Record that an entry was paid out, or taken back',
    'For operators. Settling again under the same reference gives the same answer; under another one it is refused.',
  ),
  request: { params: z.object({ id: Uuid }), headers: IdempotencyHeader, ...jsonBody(SettleSchema, 'settle') },
  responses: { ...answers(200, 'the entry', FinancialEntrySchema), ...problems(403, 404, 409, 422) },
})

/** C-06 and A-25: operators see all and settle, providers see what is theirs. */
export function financialEntryRoutes(app: OpenAPIHono<{ Variables: Variables }>, parts: Parts): void {
  const { database } = parts

  app.openapi(list, async (c) => {
    const principal = c.get('principal')
    requireRole(principal, 'operator', 'service', 'provider')
    const { cursor, limit, ...query } = c.req.valid('query')
    const filter = {
      bookingId: query.booking_id,
      clinicId: query.clinic_id,
      providerId: query.provider_id,
      type: query.type,
      status: query.status,
      from: query.from,
      to: query.to,
      ...(principal.role === 'provider' && { ownProviderId: principal.id }),
    }
    const entries = await listEntries(database, filter, limit, cursor === undefined ? null : readCursor(cursor))
    const last = entries.at(-1)
    const isFull = entries.length === limit && last !== undefined
    return c.json(
      { entries: entries.map(renderEntry), next_cursor: isFull ? writeCursor(last.createdAt, last.id) : null, limit },
      200,
    )
  })

  app.openapi(settle, async (c) => {
    const principal = c.get('principal')
    requireRole(principal, 'operator')
    const { id } = c.req.valid('param')
    const body = c.req.valid('json')
    return once(c, parts, 'settle', id, body, async () => ({ status: 200, body: await settled(principal, id, body) }))
  })

  /** Settled again with the same word it is the same answer; with another one it is refused, with how it was settled. */
  const settled = async (principal: Principal, id: string, body: z.infer<typeof SettleSchema>) => {
    const now = currentInstant()
    if (body.settlement_date !== undefined && body.settlement_date > now) {
      throw invalid({ pointer: '/settlement_date', message: 'is yet to come' })
    }
    const outcome = await settleEntry(database, id, {
      transactionReference: body.transaction_reference,
      details: body.details ?? null,
      settledAt: body.settlement_date ?? now,
      settledBy: principal.id,
    })
    if (outcome === null) throw new Refused({ code: 'not_found', message: `There is no financial entry ${id}.` })
    const entry = renderEntry(outcome.entry)
    if (outcome.isNew || entry.transaction_reference === body.transaction_reference) return entry
    throw new Refused({
      code: 'illegal_transition',
      message: `It was settled before, under ${entry.transaction_reference}.`,
      details: { entry },
    })
  }
}

function renderEntry(entry: FinancialEntry) {
  return {
    id: entry.id,
    booking_id: entry.bookingId,
    clinic_id: entry.clinicId,
    provider_id: entry.providerId,
    type: entry.type,
    total_amount: Number(entry.totalAmount),
    platform_fee: Number(entry.platformFee),
    clinic_amount: Number(entry.clinicAmount),
    tax_amount: Number(entry.taxAmount),
    currency: entry.currency,
    status: entry.status,
    settlement_date: entry.settlementDate?.toISOString() ?? null,
    settlement_details: entry.settlementDetails,
    transaction_reference: entry.transactionReference,
    created_at: entry.createdAt.toISOString(),
    updated_at: entry.updatedAt.toISOString(),
  }
}
