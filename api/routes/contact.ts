import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { isTryOver, Refused } from '../../domain/failures.ts'
import { CONTACT_FIELDS, type ContactField } from '../../domain/facts.ts'
import { letGo, withhold } from '../../prisma/withheld.ts'
import type { Parts } from '../../runtime/wire.ts'
import { requireRole, type Variables } from '../auth.ts'
import { expectedVersionOf, giveCommand } from '../command.ts'
import { about, answers, jsonBody, problems } from '../documented.ts'
import { once } from '../idempotency.ts'
import { invalid } from '../problems.ts'
import { etagOf, renderBooking } from '../render.ts'
import { BookingSchema } from '../schemas/booking.ts'
import { IdempotencyHeader, IdempotencyKeyField, text, Uuid } from '../schemas/common.ts'
import { Contact } from '../schemas/order.ts'
import { visibleBooking } from '../visibility.ts'

const ContactSchema = z
  .strictObject({
    name: Contact.name.nullable().optional(),
    email: Contact.email.nullable().optional(),
    phone: Contact.phone.nullable().optional(),
    reason: text(1, 500).optional(),
    expected_version: z.int().min(0).optional().openapi({ description: 'the version you looked at; or If-Match' }),
    idempotency_key: IdempotencyKeyField,
  })
  .openapi('ContactCorrection')

const route = createRoute({
  method: 'put',
  path: '/bookings/{id}/contact',
  ...about(
    'Bookings',
    'correctContact',
    'Correct the guest’s name, e-mail or phone',
    'A field that is left out stays as it is; null removes it. The history says who corrected what and why.',
  ),
  request: { params: z.object({ id: Uuid }), headers: IdempotencyHeader, ...jsonBody(ContactSchema, 'correctEmail') },
  responses: { ...answers(200, 'corrected', BookingSchema), ...problems(403, 404, 409, 412, 422) },
})

/** N-46: a recorded change of the booking. The history says who corrected what and why; what it is now is in the booking alone. */
export function contactRoutes(app: OpenAPIHono<{ Variables: Variables }>, parts: Parts): void {
  const { database } = parts
  app.openapi(route, (c) => {
    const { id } = c.req.valid('param')
    const body = c.req.valid('json')
    const principal = c.get('principal')
    requireRole(principal, 'customer', 'operator')
    const fields = CONTACT_FIELDS.filter((field) => body[field] !== undefined)
    if (fields.length === 0) throw invalid({ pointer: '', message: 'says nothing to correct: name, email or phone' })
    return once(c, parts, 'contact', id, body, async (operation) => {
      const before = await visibleBooking(database, principal, id)
      // Made before: a crash took the answer away, and what was written must not be written over somebody's later correction.
      const made = operation.begunBefore ? await correction(id, operation.id) : null
      if (made !== null) return { status: 200, body: renderBooking(before, principal), etag: etagOf(before) }
      if (before.recorded.isErased) throw erased()
      const corrected = giveCommand(parts, principal, {
        id,
        commandFor: () => 'correct_contact',
        reason: body.reason ?? null,
        expected: expectedVersionOf(c, body.expected_version),
        operation,
        more: async () => {
          await withhold(database, operation.id, contactOf(body, fields))
          return { correctionId: operation.id, fields }
        },
      })
      return corrected.catch(async (error: unknown) => {
        // Refused for good, so nobody will come for it; an earlier try may still be on its way to the run, and needs it.
        if (!operation.begunBefore && isTryOver(error)) await letGo(database, operation.id)
        throw error
      })
    })
  })

  const correction = (bookingId: string, operationId: string) =>
    database.historyEntry.findFirst({ where: { bookingId, operation: `contact_corrected:${operationId}` } })
}

function contactOf(body: z.infer<typeof ContactSchema>, fields: readonly ContactField[]): object {
  return Object.fromEntries(fields.map((field) => [field, body[field]]))
}

function erased(): Refused {
  return new Refused({ code: 'policy_forbids', message: 'The contact data of this booking was erased, for good.' })
}
