import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { startTemporal, type Temporal } from '../../stack/temporal.ts'
import { filled, SAVED_QUERIES, type Blank } from '../../temporal/saved-queries.ts'
import { registerSearchAttributes } from '../../temporal/search-attributes.ts'
import { COMMAND_DESCRIPTIONS, followupId } from '../../workflows/contract.ts'
import { hold, ledgerOf, pay, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { eventually } from '../support/eventually.ts'
import { inDays, offerSeats, offerSlots, type Offer } from '../support/offers.ts'
import { openTemporalUi, type TemporalUi } from '../support/temporal-ui.ts'
import { openWorld, type World } from '../support/world.ts'

const PUBLIC_URL = 'https://bookings.example.test/'
const DAY_MS = 86_400_000

let temporal: Temporal
let ui: TemporalUi
let world: World
let ada: Caller
beforeAll(async () => {
  temporal = await startTemporal({ dataFile: null, port: 0, uiPort: 0, namespace: 'default', log: () => undefined })
  await registerSearchAttributes({ TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: 'default' })
  ui = await openTemporalUi(temporal.uiUrl?.replace('localhost', '127.0.0.1') ?? '')
  world = await openWorld({ temporal, environment: { PUBLIC_URL } })
  ada = await world.as('customer', 'ada')
})
afterAll(async () => {
  await world?.close()
  await temporal?.stop()
})

describe('from the Temporal UI alone, an operator', () => {
  test('finds the booking whose refund failed, reads what to do, settles it by the update, and sees it done (X-07, X-12)', async () => {
    const booking = await refundFailed(await offerSlots(world))
    const other = await confirmed(await offerSlots(world))

    const found = await listed('needsAttention', [booking.id])
    expect(found).toMatchObject([
      { attributes: { BookingStatus: 'cancelled', BookingAttention: 'refund_failed', BookingRefund: 'failed' } },
    ])
    await listed('refundPending', [booking.id])

    const { currentDetails } = await ui.metadata(booking.id)
    expect(currentDetails).toContain('Needs a person since')
    expect(currentDetails).toContain(`(https://bookings.example.test/console/bookings/${booking.id})`)
    expect(currentDetails).toContain(`(https://bookings.example.test/api/v1/bookings/${booking.id}/timeline)`)
    // The input to give is in the details, to be copied: only the reason is to be filled in.
    const [, typed = ''] = /`settle_refund` with `([^`]+)`/.exec(currentDetails) ?? []
    expect(await ui.update(booking.id, 'settle_refund', typed.replace('…', 'given back at the bank'))).toMatchObject({
      failure: null,
      answer: { status: 'cancelled' },
    })

    await listed('needsAttention', [])
    await listed('refundPending', [])
    const { refund } = await until(ada, booking.id, ({ attention }) => expect(attention).toBeNull())
    expect(refund?.status).toBe('completed')
    await ended(booking.id)
    expect((await until(ada, other.id, {})).status).toBe('confirmed')
    await givenBack(booking)
  })

  test('settles it as well when the booking was cancelled after its run had ended: the run that follows waits for a person (X-12)', async () => {
    const offer = await offerSeats(world)
    const ticket = await confirmed(offer)
    await ended(ticket.id)
    await refundFailed(offer, ticket)

    await listed('needsAttention', [followupId(ticket.id)])
    const { currentDetails } = await ui.metadata(followupId(ticket.id))
    expect(currentDetails).toContain(`(https://bookings.example.test/console/bookings/${ticket.id})`)
    expect(await ui.update(followupId(ticket.id), 'retry', '')).toMatchObject({ failure: null })
    await until(ada, ticket.id, ({ refund }) => expect(refund?.status).toBe('completed'))
    await listed('needsAttention', [])
    await ended(followupId(ticket.id))
  })

  test.each([
    ['"sold"', 'The input is a JSON object, as in {"reason": "…"}.'],
    ['{"reason": 5}', 'reason is a text.'],
    ['{"refund_key": "x"}', 'There is no field refund_key; there are '],
    ['{"how": "somehow"}', 'how is "kept" or "restored".'],
    ['', 'force_release needs a reason: it stays in the history.'],
    ['{"reason": " "}', 'force_release needs a reason: it stays in the history.'],
    ['{"change": {"order": {}}}', 'An order is made by the API'],
    ['{"change": {"notes": "x"}}', 'An order is made by the API'],
    ['null', 'force_release needs a reason: it stays in the history.'],
  ])('is told what is wrong with the input %s, and nothing is done (X-12)', async (typed, failure) => {
    const booking = await hold(ada, (await offerSlots(world)).order())
    const outcome = await ui.update(booking.id, 'force_release', typed)
    expect(outcome.failure).toContain(failure)
    expect(await until(ada, booking.id, {})).toMatchObject({ status: 'pending', version: booking.version })
  })

  test('gives a command with nothing but a reason, which stays in the history with who gave it (X-12)', async () => {
    const booking = await hold(ada, (await offerSlots(world)).order())
    expect(await ui.update(booking.id, 'force_release', '{"reason": "the bank is silent"}')).toMatchObject({
      answer: { status: 'expired' },
    })
    const { body } = await (await world.as('operator', 'olga')).get(`/bookings/${booking.id}/history`)
    expect(JSON.stringify(body)).toContain('the bank is silent')
  })

  test('sees in the history what each activity and timer is for', async () => {
    const booking = await confirmed(await offerSlots(world))
    // The timer of the visit is begun after the booking is written down as confirmed.
    await eventually(async () => {
      const { events } = await world.parts.temporal.workflow.getHandle(booking.id).fetchHistory()
      const steps = (events ?? []).filter(
        (event) => event.activityTaskScheduledEventAttributes ?? event.timerStartedEventAttributes,
      )
      const summaries = steps.map(({ userMetadata }) => Buffer.from(userMetadata?.summary?.data ?? []).toString())
      expect(summaries).toEqual([
        expect.stringMatching(/^"hold expires 20/),
        expect.stringMatching(/^"capture pi_/),
        expect.stringMatching(/^"visit is taken as over 20/),
      ])
    })
    const handle = world.parts.temporal.workflow.getHandle(booking.id)
    const described = await handle.describe()
    expect(await described.staticSummary()).toBe(`clinic ${booking.reference}`)
    expect(await described.staticDetails()).toContain('- 1 × `')
  })

  test('reads what every update, signal and query is for', async () => {
    const { id } = await hold(ada, (await offerSlots(world)).order())
    const { definition } = await ui.metadata(id)
    const described = [definition.updateDefinitions, definition.signalDefinitions, definition.queryDefinitions].flat()
    expect(described.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(COMMAND_DESCRIPTIONS)))
    for (const { name, description } of described) {
      if (!name.startsWith('__')) expect(description, name).toMatch(/^[A-Z].*[.}]$/)
    }
  })
})

describe('the saved queries find', () => {
  test('what is held for longer than an hour, and what is past its deadline', async () => {
    const { id } = await hold(ada, (await offerSlots(world)).order())
    const inAnHour = new Date(Date.now() + DAY_MS / 24).toISOString()
    const lately = new Date(Date.now() - DAY_MS / 24).toISOString()
    await eventually(async () => expect(await idsOf('heldLong', { an_hour_ago: inAnHour })).toContain(id))
    expect(await idsOf('heldLong', { an_hour_ago: lately })).not.toContain(id)
    await eventually(async () => expect(await idsOf('overdue', { a_minute_ago: inAnHour })).toContain(id))
    expect(await idsOf('overdue', { a_minute_ago: lately })).toEqual([])
  })

  test('what starts today: neither what was cancelled nor what starts on another day', async () => {
    const [coming, gone] = [await confirmed(await offerSlots(world)), await confirmed(await offerSlots(world))]
    expect((await ada.post(`/bookings/${gone.id}/cancel`, {})).status).toBe(200)
    await until(ada, gone.id, { status: 'cancelled', waiting_for: null })
    const midnight = Math.floor(Date.parse(coming.start ?? '') / DAY_MS) * DAY_MS
    const days = (n: number) => new Date(midnight + n * DAY_MS).toISOString()
    await eventually(async () => {
      const ids = await idsOf('startsToday', { today: days(0), tomorrow: days(1) })
      expect(ids).toContain(coming.id)
      expect(ids).not.toContain(gone.id)
    })
    expect(await idsOf('startsToday', { today: days(1), tomorrow: days(2) })).not.toContain(coming.id)
  })

  test('one customer’s bookings, one by its reference, and those of an offering, by ids only', async () => {
    const eve = await world.as('customer', 'eve-7')
    const offer = await offerSlots(world)
    const [first, second] = [await hold(eve, offer.order()), await hold(eve, (await offerSlots(world)).order())]
    const sorted = [first.id, second.id].toSorted()
    await eventually(async () => expect((await idsOf('ofCustomer', { customer: 'eve-7' })).toSorted()).toEqual(sorted))
    expect(await idsOf('byReference', { reference: first.reference })).toEqual([first.id])
    const [line] = await ui.list(`BookingOffering = "${offer.offeringId}"`)
    const ours = Object.entries(line?.attributes ?? {}).filter(([name]) => name.startsWith('Booking'))
    expect(Object.fromEntries(ours)).toEqual({
      BookingStatus: 'pending',
      BookingReference: first.reference,
      BookingProfile: 'clinic',
      BookingCustomer: 'eve-7',
      BookingVenue: 'clinic-1',
      BookingOffering: [offer.offeringId],
      BookingStart: expect.any(String),
      BookingDeadline: expect.any(String),
    })
  })

  test('what waits for approval', async () => {
    const booking = await hold(ada, (await offerSlots(world, { more: { requires_approval: true } })).order())
    await pay(world, booking)
    await listed('awaitingApproval', [booking.id])
    expect(await ui.update(booking.id, 'approve', '')).toMatchObject({ failure: null })
    await listed('awaitingApproval', [])
  })

  test('an order that was refused as such, and not as one that is held', async () => {
    const offer = await offerSeats(world)
    const event = {
      name: 'Concert',
      venue: { id: 'hall', name: 'Hall' },
      starts_at: inDays(30),
      ends_at: inDays(30, 3),
      on_sale: false,
      currency: 'USD',
      seats: [],
    }
    expect((await world.service.put(`/control/events/${offer.offeringId}`, event)).status).toBe(200)
    expect((await ada.post('/bookings', offer.order())).status).toBe(409)
    await eventually(async () => {
      const [line] = await ui.list(`BookingOffering = "${offer.offeringId}"`)
      expect(line?.attributes).toMatchObject({ BookingStatus: 'rejected' })
      expect(line?.attributes).not.toHaveProperty('BookingDeadline')
    })
  })

  test('nothing without what they leave open, and take no quotes', () => {
    expect(() => filled(SAVED_QUERIES.ofCustomer)).toThrow('the query needs customer')
    expect(() => filled(SAVED_QUERIES.ofCustomer, { customer: '" OR ""="' })).toThrow('without quotes')
  })
})

type Query = keyof typeof SAVED_QUERIES

async function idsOf(query: Query, blanks: Partial<Record<Blank, string>> = {}): Promise<string[]> {
  return (await ui.list(filled(SAVED_QUERIES[query], blanks))).map(({ workflowId }) => workflowId)
}

/** What a saved query finds, once it is just these: the list is a moment behind the workflows. */
async function listed(query: Query, ids: readonly string[]) {
  return eventually(async () => {
    const found = await ui.list(filled(SAVED_QUERIES[query]))
    expect(found.map(({ workflowId }) => workflowId)).toEqual(ids)
    return found
  })
}

async function ended(workflowId: string): Promise<void> {
  await world.parts.temporal.workflow.getHandle(workflowId).result()
}

async function confirmed(offer: Offer): Promise<BookingBody> {
  const booking = await hold(ada, offer.order())
  await pay(world, booking)
  return until(ada, booking.id, { status: 'confirmed' })
}

/** Cancelled, and the bank will not hear of a refund. */
async function refundFailed(offer: Offer, made?: BookingBody): Promise<BookingBody> {
  const booking = made ?? (await confirmed(offer))
  await world.service.put('/control/faults', {
    rules: [{ service: 'payments', operation: 'refund', status: 422, code: 'amount_too_large' }],
  })
  expect((await ada.post(`/bookings/${booking.id}/cancel`, {})).status).toBe(200)
  await until(ada, booking.id, ({ attention }) => expect(attention?.reason).toBe('refund_failed'))
  await world.service.put('/control/faults', { rules: [] })
  return booking
}

/** What the operator said was done is done, so that the books agree. */
async function givenBack(booking: BookingBody): Promise<void> {
  const refund = { intent_id: booking.payment?.intent_id, amount: booking.amount, currency: booking.currency }
  const key = { 'idempotency-key': `hand-${booking.id}` }
  expect((await world.service.post('/api/v1/payments/refunds', refund, key)).status).toBe(201)
  expect(await ledgerOf(world, booking.id)).toMatchObject({ refunded: booking.amount })
}
