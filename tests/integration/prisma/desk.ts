import { randomBytes, randomUUID } from 'node:crypto'
import { Pool } from 'pg'
import { SYSTEM, type Booking, type UnitKind } from '../../../domain/booking.ts'
import type { Fact } from '../../../domain/facts.ts'
import type { Unit } from '../../../domain/offering.ts'
import { agreementOf, firstHold, type Order } from '../../../domain/order.ts'
import { instantOf, type Instant } from '../../../domain/time.ts'
import { messagesOf } from '../../../events/mapping.ts'
import { notificationsOf } from '../../../events/notifications/mapping.ts'
import { findBooking } from '../../../prisma/bookings.ts'
import { findOffering, putOffering, putUnits } from '../../../prisma/catalogue.ts'
import { openDatabase, type Database } from '../../../prisma/client.ts'
import { holdBooking, recordChange, type HeldUnits, type Messages } from '../../../prisma/writes.ts'
import { termsOf } from '../../../profiles/profile.ts'
import { venue } from '../../../profiles/venue.ts'
import { createDatabase } from '../../support/scratch.ts'

/** What is wanted of an offering; `start` and `end` also say when the unit is occupied. */
export type Want = {
  readonly id?: string
  readonly offering?: string
  readonly unit?: string | null
  readonly kind: UnitKind
  readonly quantity?: number
  readonly start?: Instant
  readonly end?: Instant
}

export const PRICE = 5000

/** A database of one's own with the product's writes on it, and plain SQL beside them. */
export type Desk = {
  readonly db: Database
  readonly sql: Pool
  offer(kind: UnitKind, units: readonly (Partial<Unit> & { readonly id: string })[], id?: string): Promise<void>
  hold(order: Order, messages?: Messages): Promise<HeldUnits>
  /** The booking of an order once it is held. */
  held(order: Order): Promise<Booking>
  record(before: Booking, facts: readonly Fact[], messages?: Messages): Promise<'applied' | 'repeated'>
  /** Records facts and answers with the booking as it stands then. */
  after(before: Booking, ...facts: Fact[]): Promise<Booking>
  close(): Promise<void>
}

export async function openDesk(connections = 16): Promise<Desk> {
  const database = await createDatabase()
  const db = openDatabase(database.url, connections)
  const sql = new Pool({ connectionString: database.url, max: 4 })
  // Dropping the database cuts off connections that the pool is still closing.
  sql.on('error', () => undefined)

  const found = async (id: string): Promise<Booking> => {
    const booking = await findBooking(db, id)
    if (booking === null) throw new Error(`there is no booking ${id}`)
    return booking
  }
  const desk: Desk = {
    db,
    sql,
    async offer(kind, units, id = 'o') {
      await putOffering(db, offering(id))
      const made = await findOffering(db, id)
      if (made === null) throw new Error(`there is no offering ${id}`)
      await putUnits(
        db,
        made,
        units.map((unit) => ({ ...UNIT, kind, ...unit })),
      )
    },
    hold(order, messages = messagesOf) {
      const at = instantOf(Date.now())
      const lines = order.items.map(({ id, listPrice, quantity }) => ({
        itemId: id,
        unitPrice: listPrice,
        amount: listPrice * quantity,
      }))
      const total = lines.reduce((sum, { amount }) => sum + amount, 0)
      const price = { currency: 'USD', lines, subtotal: total, fees: 0, tax: 0, total, quoteId: null }
      const agreement = agreementOf(order, { price, snapshots: {} }, [], at)
      return holdBooking(db, { order, agreement, hold: firstHold(order, at), claimsHere: true }, messages)
    },
    async held(order) {
      await desk.hold(order)
      return found(order.bookingId)
    },
    record: (before, facts, messages = messagesOf) =>
      recordChange(db, { before, facts, paymentEventId: null, claimsHere: true }, messages, notificationsOf),
    async after(before, ...facts) {
      await desk.record(before, facts)
      return found(before.id)
    },
    async close() {
      await db.$disconnect()
      await sql.end()
      await database.drop()
    },
  }
  return desk
}

/** An order as the API hands it over. */
export function anOrder(wants: readonly Want[], holdSeconds = 900): Order {
  const bookingId = randomUUID()
  const times = wants.flatMap(({ start, end }) => (start === undefined || end === undefined ? [] : [{ start, end }]))
  return {
    bookingId,
    reference: `VEN-${randomBytes(6).toString('hex').toUpperCase()}`,
    profile: 'venue',
    callerId: 'ada',
    fingerprint: bookingId,
    customer: { id: 'ada', name: 'Ada', email: 'ada@example.test', phone: null },
    provider: null,
    venue: null,
    items: wants.map(({ id, offering = 'o', unit = null, kind, quantity = 1, start, end }, index) => ({
      id: id ?? String(index + 1),
      offeringId: offering,
      unitId: unit,
      kind,
      quantity,
      start: start ?? null,
      end: end ?? null,
      occupied: start === undefined || end === undefined ? null : { start, end },
      listPrice: PRICE,
      priceUnit: 'each',
    })),
    offerings: [],
    start: times[0]?.start ?? null,
    end: times[0]?.end ?? null,
    timeZone: 'UTC',
    currency: 'USD',
    partySize: 2,
    subject: null,
    petId: null,
    notes: null,
    metadata: {},
    paymentMethod: null,
    terms: termsOf(venue, {
      requiresApproval: false,
      policy: { holdSeconds, lapseGraceSeconds: 0, bufferAfterMinutes: 0 },
    }),
  }
}

/** What happens to a booking, one intent each, as it is told a moment from now. */
export function factsFor(booking: Pick<Booking, 'id'>, amount = PRICE) {
  const now = () => instantOf(Date.now())
  const intentId = `pi_${booking.id}`
  const told = { amount, intentId, method: 'card', by: SYSTEM } as const
  const paymentEvent = (type: 'payment_processing' | 'payment_authorized' | 'payment_captured'): Fact => ({
    ...told,
    type,
    paymentEventId: `${type}:${intentId}`,
    noticedAt: now(),
    at: now(),
  })
  return {
    intentId,
    requested: (): Fact => ({
      type: 'payment_requested',
      intentId,
      clientSecret: 'secret',
      amount,
      noticedAt: now(),
      at: now(),
      by: SYSTEM,
    }),
    processing: () => paymentEvent('payment_processing'),
    authorized: () => paymentEvent('payment_authorized'),
    captured: () => paymentEvent('payment_captured'),
    voided: (): Fact => ({ type: 'payment_voided', intentId, noticedAt: now(), at: now(), by: SYSTEM }),
    confirmed: (): Fact => ({ type: 'confirmed', trigger: 'confirm', ticketReference: null, at: now(), by: SYSTEM }),
    expired: (): Fact => ({ type: 'ended', trigger: 'expire', reason: 'hold_expired', keep: 0, at: now(), by: SYSTEM }),
    cancelled: (keep = 0): Fact => ({
      type: 'ended',
      trigger: 'cancel',
      reason: 'changed their mind',
      keep,
      at: now(),
      by: { role: 'customer', id: 'ada' },
    }),
    extended: (until: Instant): Fact => ({
      type: 'hold_extended',
      reason: 'payment_processing',
      expiresAt: until,
      lapsesAt: until,
      at: now(),
      by: SYSTEM,
    }),
    refundRequested: (paymentId: string): Fact => ({
      type: 'refund_requested',
      key: `refund:${intentId}`,
      paymentId,
      amount,
      reason: 'cancelled',
      at: now(),
      by: SYSTEM,
    }),
    refunded: (): Fact => ({ type: 'refund_succeeded', key: `refund:${intentId}`, note: null, at: now(), by: SYSTEM }),
  }
}

const UNIT: Omit<Unit, 'id' | 'kind' | 'claimed'> = {
  label: null,
  section: null,
  row: null,
  start: null,
  end: null,
  staffId: null,
  capacity: null,
  minParty: null,
  maxParty: null,
  price: null,
  blocked: false,
}

function offering(id: string) {
  return {
    id,
    profile: 'venue',
    name: 'Something',
    description: null,
    provider: null,
    venue: null,
    price: { amount: PRICE, currency: 'USD' },
    priceUnit: 'each',
    durationMinutes: 60,
    requiresApproval: false,
    isAvailable: true,
    onSaleFrom: null,
    onSaleUntil: null,
    timeZone: 'UTC',
    availabilityExceptions: [],
    capacity: null,
    policy: {},
  } as const
}
