import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { auditInvariants } from '../../prisma/invariants.ts'
import type { Caller } from '../support/caller.ts'
import { hold, pay, until } from '../support/booking.ts'
import { inDays, offerSlots, offerTutor, type Offer } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

type Entry = Record<string, unknown> & { id: string; type: string; total_amount: number }
type Page = { entries: Entry[]; next_cursor: string | null }

const PRICE = 15_000_000
const VET = { provider: { id: 'vet', name: 'Dr. Vet' } }
const ABSENT = '00000000-0000-4000-8000-000000000000'

let world: World
let ada: Caller
let olga: Caller
let vet: Caller
let otherVet: Caller
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
  olga = await world.as('operator', 'olga')
  vet = await world.as('provider', 'vet')
  otherVet = await world.as('provider', 'other-vet')
})
afterAll(() => world.close())

async function confirmed(offer: Offer, method?: string, unitId?: string): Promise<BookingBody> {
  const booking = await hold(ada, offer.order({}, unitId))
  await pay(world, booking, method)
  return until(ada, booking.id, { status: 'confirmed' })
}

async function entriesOf(bookingId: string, somebody = olga): Promise<Entry[]> {
  const { status, body } = await somebody.get<Page>(`/financial-entries?booking_id=${bookingId}`)
  expect(status).toBe(200)
  return body.entries
}

async function cancelled(booking: BookingBody): Promise<void> {
  expect((await ada.post(`/bookings/${booking.id}/cancel`, { reason: 'well again' })).status).toBe(200)
  await until(ada, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))
}

describe('the financial entries of a booking', () => {
  test('say who gets what of its payment, by the fee that its profile has (C-06)', async () => {
    const booking = await confirmed(await offerSlots(world, { more: VET }))
    expect(await entriesOf(booking.id)).toEqual([
      {
        id: expect.any(String) as string,
        booking_id: booking.id,
        clinic_id: 'clinic-1',
        provider_id: 'vet',
        type: 'payment',
        total_amount: PRICE,
        platform_fee: PRICE / 10,
        clinic_amount: (PRICE / 10) * 9,
        tax_amount: 0,
        currency: 'IDR',
        status: 'pending',
        settlement_date: null,
        settlement_details: null,
        transaction_reference: null,
        created_at: expect.any(String) as string,
        updated_at: expect.any(String) as string,
      },
    ])
  })

  test('are reversed by what is given back, to the minor unit, by the fee of the day it was booked (C-06, H-17, X-06)', async () => {
    // A third of the fee, and half the price back: nothing of it is round.
    const policy = { platform_fee_basis_points: 333, refund_tiers: [{ hours_before: 1, percent: 50 }] }
    const price = { price: { amount: 9_999_999, currency: 'IDR' } }
    const offer = await offerSlots(world, { policy, more: { ...VET, ...price } })
    const booking = await confirmed(offer)
    const other = { profile: 'clinic', name: 'Vaccination', venue: { id: 'clinic-1' }, ...price, ...VET }
    const { status } = await olga.put(`/offerings/${offer.offeringId}`, {
      ...other,
      policy: { platform_fee_basis_points: 9000 },
    })
    expect(status).toBe(200)
    await cancelled(booking)
    const amounts = (await entriesOf(booking.id)).map(({ type, total_amount, platform_fee, clinic_amount }) => ({
      type,
      amounts: [total_amount, platform_fee, clinic_amount],
    }))
    expect(amounts).toEqual([
      { type: 'refund', amounts: [-5_000_000, -166_500, -4_833_500] },
      { type: 'payment', amounts: [9_999_999, 333_000, 9_666_999] },
    ])
  })

  test('of money that was paid twice cancel out, wherever it went (C-06, H-05, X-04)', async () => {
    const booking = await confirmed(
      await offerSlots(world, { policy: { capture: 'automatic' }, more: VET }),
      'pm_pays_twice',
    )
    await expect
      .poll(async () => (await entriesOf(booking.id)).map(({ total_amount }) => total_amount), { timeout: 10_000 })
      .toEqual([-PRICE, PRICE, PRICE])
  })

  test('are of who provides, where there is no clinic, and take no fee that the policy does not have (C-06)', async () => {
    const booking = await confirmed(await offerTutor(world))
    const [entry] = await entriesOf(booking.id)
    expect(entry).toMatchObject({
      clinic_id: booking.provider?.id,
      platform_fee: 0,
      clinic_amount: 6000,
      currency: 'USD',
    })
  })

  test('go by no fee that is none: it is refused, and the offering stays as it was (C-06, A-20, A-32)', async () => {
    const offer = await offerSlots(world)
    const url = `/offerings/${offer.offeringId}`
    const body = { profile: 'clinic', name: 'Renamed', price: { amount: 1, currency: 'IDR' } }
    for (const fee of [-1, 10_001, 2.5, '10']) {
      const answer = await olga.put(url, { ...body, policy: { platform_fee_basis_points: fee } })
      expect(answer).toMatchObject({
        status: 422,
        body: { errors: [{ pointer: '/policy/platform_fee_basis_points' }] },
      })
    }
    for (const stale of [-1, 86_401, null]) {
      const answer = await olga.put(url, { ...body, policy: { stale_price_seconds: stale } })
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '/policy/stale_price_seconds' }] } })
    }
    const row = await world.parts.database.offering.findUniqueOrThrow({ where: { id: offer.offeringId } })
    expect(row).toMatchObject({ name: 'Vaccination', policy: {} })
  })

  test('that are missing, or do not say what the ledger says, are found by the audit (C-06, A-21)', async () => {
    const booking = await confirmed(await offerSlots(world, { more: VET }))
    const { database } = world.parts
    const [kept] = await database.financialEntry.findMany({ where: { bookingId: booking.id } })
    if (kept === undefined) throw new Error('there is no entry')
    const violations = async () =>
      (await auditInvariants(database)).filter(({ subject }) => subject === booking.id).map(({ detail }) => detail)
    // Past the triggers that keep it (N-17).
    const tamper = (spoil: (db: typeof database) => Promise<unknown>) =>
      database.$transaction(async (transaction) => {
        await transaction.$executeRaw`SET LOCAL session_replication_role = replica`
        await spoil(transaction as typeof database)
      })
    const wrong = { totalAmount: 7, platformFee: 7, clinicAmount: 0 }
    await tamper((db) => db.financialEntry.update({ where: { id: kept.id }, data: wrong }))
    expect(await violations()).toEqual([expect.stringContaining('is split as 7')])
    await tamper((db) => db.financialEntry.delete({ where: { id: kept.id } }))
    expect(await violations()).toEqual([expect.stringContaining('is split as nothing')])
    const { settlementDetails: _none, ...data } = kept
    await database.financialEntry.create({ data })
    expect(await violations()).toEqual([])
  })
})

describe('the settlement of an entry', () => {
  const settle = (id: string, body: object, key?: string, somebody = olga) =>
    somebody.post<Entry>(`/financial-entries/${id}/settle`, body, key === undefined ? {} : { 'idempotency-key': key })

  test('is recorded once, with reference, date and details; again it is the same answer (A-25, A-30, C-06)', async () => {
    const [entry] = await entriesOf((await confirmed(await offerSlots(world, { more: VET }))).id)
    const body = {
      transaction_reference: 'TRX-1',
      settlement_date: '2026-01-05T10:00:00Z',
      details: { bank: 'BCA', batch: 7, by_hand: true },
    }
    const first = await settle(entry!.id, body, 'settle-1')
    expect(first).toMatchObject({
      status: 200,
      body: {
        status: 'settled',
        settlement_date: '2026-01-05T10:00:00.000Z',
        settlement_details: body.details,
        transaction_reference: 'TRX-1',
      },
    })
    expect((await settle(entry!.id, body, 'settle-1')).body).toEqual(first.body)
    expect((await settle(entry!.id, body)).body).toEqual(first.body)
    expect(await settle(entry!.id, { transaction_reference: 'TRX-2' }, 'settle-1')).toMatchObject({
      status: 422,
      body: { code: 'idempotency_mismatch' },
    })
    expect(await settle(entry!.id, { transaction_reference: 'TRX-2' })).toMatchObject({
      status: 409,
      body: { code: 'illegal_transition', entry: { id: entry!.id, transaction_reference: 'TRX-1' } },
    })
    const settled = await olga.get<Page>('/financial-entries?status=settled')
    expect(settled.body.entries.map(({ id }) => id)).toEqual([entry!.id])
  })

  test('asked for ten times at once under ten references is one of them (A-25)', async () => {
    const [entry] = await entriesOf((await confirmed(await offerSlots(world, { more: VET }))).id)
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => settle(entry!.id, { transaction_reference: `RACE-${n}` })),
    )
    const won = answers.filter(({ status }) => status === 200)
    expect(won).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(9)
    expect(
      (await olga.get<Page>(`/financial-entries?booking_id=${String(entry!['booking_id'])}`)).body.entries,
    ).toEqual([won[0]!.body])
  })

  test('is an operator’s to record, and bad input changes nothing (A-25, A-32, A-34)', async () => {
    const [entry] = await entriesOf((await confirmed(await offerSlots(world, { more: VET }))).id)
    for (const somebody of [ada, vet, await world.as('service', 'ledger')]) {
      expect(await settle(entry!.id, { transaction_reference: 'X' }, undefined, somebody)).toMatchObject({
        status: 403,
      })
    }
    expect(await settle(ABSENT, { transaction_reference: 'X' })).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    })
    const bad: [body: object, pointer: string][] = [
      [{}, '/transaction_reference'],
      [{ transaction_reference: '  ' }, '/transaction_reference'],
      [{ transaction_reference: 'X', settlement_date: '2026-01-05' }, '/settlement_date'],
      [{ transaction_reference: 'X', settlement_date: inDays(1) }, '/settlement_date'],
      [{ transaction_reference: 'X', details: { a: [] } }, '/details/a'],
      [{ transaction_reference: 'X', amount: 1 }, '/amount'],
    ]
    for (const [body, pointer] of bad) {
      const answer = await settle(entry!.id, body)
      expect({ body, answer }).toMatchObject({ answer: { status: 422, body: { code: 'validation_failed' } } })
      expect(answer.body['errors']).toMatchObject([{ pointer }])
    }
    expect(await entriesOf(String(entry!['booking_id']))).toEqual([entry])
  })
})

describe('the list of entries', () => {
  test('goes page by page, is filtered, and shows a provider their own only (A-34, C-06)', async () => {
    const all = (await olga.get<Page>('/financial-entries?limit=100')).body.entries
    const walked: Entry[] = []
    let cursor: string | null = null
    do {
      const { body }: { body: Page } = await olga.get<Page>(
        `/financial-entries?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`,
      )
      walked.push(...body.entries)
      cursor = body.next_cursor
    } while (cursor !== null)
    expect(walked).toEqual(all)

    const ids = async (somebody: Caller, query: string) =>
      (await somebody.get<Page>(`/financial-entries?limit=100&${query}`)).body.entries.map(({ id }) => id)
    const where = (rule: (entry: Entry) => boolean) => all.filter(rule).map(({ id }) => id)
    expect(await ids(olga, 'clinic_id=clinic-1')).toEqual(where((entry) => entry['clinic_id'] === 'clinic-1'))
    expect(await ids(olga, 'type=refund')).toEqual(where(({ type }) => type === 'refund'))
    expect(await ids(olga, 'status=pending')).toEqual(where((entry) => entry['status'] === 'pending'))
    expect(await ids(olga, `to=${String(all.at(-1)!['created_at'])}`)).toEqual([])
    expect(await ids(vet, '')).toEqual(where((entry) => entry['provider_id'] === 'vet'))
    expect(await ids(otherVet, '')).toEqual([])
    expect(await ids(otherVet, 'provider_id=vet')).toEqual([])
    expect((await ada.get('/financial-entries')).status).toBe(403)
    for (const query of ['status=paid', 'booking_id=1', 'cursor=xyz', 'limit=0', 'from=yesterday']) {
      expect(await olga.get(`/financial-entries?${query}`)).toMatchObject({ status: 422 })
    }
  })
})
