import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OPERATORS_POLICY } from '../../api/field-owners.ts'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { hold } from '../support/booking.ts'
import type { Answer, Caller } from '../support/caller.ts'
import type { Schema } from '../../stack/client/types.ts'
import { operationsOf, type Document } from '../support/document.ts'
import { inDays, offerSlots } from '../support/offers.ts'
import { BY_ROUTE, ROLES, type Role } from '../support/route-owners.ts'
import { openWorld, type World } from '../support/world.ts'

const EVERYBODY: readonly Role[] = ROLES
const STAFF: readonly Role[] = ['operator', 'service']
const BUYERS: readonly Role[] = ['customer', ...STAFF]
const SELLERS: readonly Role[] = ['provider', 'operator']
const NOBODY: readonly Role[] = []

/** Who may send a field: of what is their own, and of what is somebody else's. Operators and services have nothing of their own. */
type Field = { readonly value: unknown; readonly own: readonly Role[]; readonly others: readonly Role[] }
type Route = {
  /** Goes with every field; a version nobody has makes a command that is let in a conflict, so that nothing changes. */
  readonly base: Record<string, unknown>
  readonly fields: Readonly<Record<string, Field>>
}

const field = (value: unknown, own: readonly Role[], others: readonly Role[]): Field => ({ value, own, others })
const STALE = { expected_version: 999_999 }
/** What a caller says of their own request: which version they saw, and how it is known. */
const asked = (own: readonly Role[], others: readonly Role[]) => ({
  expected_version: field(999_999, own, others),
  idempotency_key: field('key-1', own, others),
})

/** Asked for in another line of business than the one these orders are of. */
const OF_ANOTHER_LINE = new Set(['party_size', 'subject'])

const order = (own: readonly Role[], others: readonly Role[]) =>
  Object.fromEntries(
    Object.entries({
      profile: 'clinic',
      items: [{ offering_id: 'nowhere' }],
      notes: 'n',
      metadata: { a: 'b' },
      payment_method: 'pm_1',
      party_size: 2,
      subject: 'maths',
      pet_id: 'rex',
      customer: { name: 'Ada' },
      idempotency_key: 'key-1',
    }).map(([name, value]) => [
      name,
      OF_ANOTHER_LINE.has(name) ? field(value, NOBODY, NOBODY) : field(value, own, others),
    ]),
  )

/** Every route with a body, and every field of it: what is not here fails the test below. */
const ROUTES: Readonly<Record<string, Route>> = {
  'POST /bookings': { base: { profile: 'clinic', items: [{ offering_id: 'nowhere' }] }, fields: order(BUYERS, BUYERS) },
  'POST /reservations': {
    base: { profile: 'clinic', items: [{ offering_id: 'nowhere' }] },
    fields: order(BUYERS, BUYERS),
  },
  'POST /waitlist': { base: { profile: 'clinic', items: [{ offering_id: 'nowhere' }] }, fields: order(BUYERS, BUYERS) },
  'PUT /bookings/{id}': {
    base: { ...STALE, items: [{ offering_id: 'nowhere' }] },
    fields: {
      items: field([{ offering_id: 'nowhere' }], EVERYBODY, STAFF),
      party_size: field(2, EVERYBODY, STAFF),
      // What a guest wrote is the guest's.
      notes: field('mine now', BUYERS, STAFF),
      reason: field('r', NOBODY, NOBODY),
      ...asked(EVERYBODY, STAFF),
    },
  },
  'PUT /bookings/{id}/contact': {
    base: { ...STALE, name: 'Ada' },
    fields: {
      // A guest's name and addresses are the guest's; others book on behalf, and do not rewrite whom they reach.
      name: field('Ada', ['customer', 'operator'], ['operator']),
      email: field('a@example.test', ['customer', 'operator'], ['operator']),
      phone: field('+41 1 234', ['customer', 'operator'], ['operator']),
      reason: field('r', ['customer', 'operator'], ['operator']),
      ...asked(['customer', 'operator'], ['operator']),
    },
  },
  'POST /bookings/{id}/cancel': {
    base: STALE,
    fields: {
      reason: field('r', EVERYBODY, STAFF),
      item_ids: field(['1'], EVERYBODY, STAFF),
      ...asked(EVERYBODY, STAFF),
    },
  },
  'POST /bookings/{id}/extend': { base: STALE, fields: asked(EVERYBODY, STAFF) },
  ...Object.fromEntries(
    ['POST', 'PUT'].map((method) => [
      `${method} /bookings/{id}/status`,
      {
        base: { ...STALE, action: 'start' },
        fields: {
          action: field('start', SELLERS, ['operator']),
          status: field('in_progress', SELLERS, ['operator']),
          reason: field('r', SELLERS, ['operator']),
          // Of a no-show that is undone.
          returned: field('leave', NOBODY, NOBODY),
          ...asked(SELLERS, ['operator']),
        },
      },
    ]),
  ),
  'POST /bookings/{id}/operations': {
    base: { ...STALE, operation: 'retry', reason: 'r' },
    fields: {
      operation: field('retry', ['operator'], ['operator']),
      refund_key: field('k', NOBODY, NOBODY),
      amount: field(1, NOBODY, NOBODY),
      reason: field('r', ['operator'], ['operator']),
      ...asked(['operator'], ['operator']),
    },
  },
  'POST /bookings/{id}/payment-facts': {
    base: { event_id: 'e', type: 'failed', amount: 1 },
    fields: Object.fromEntries(
      Object.entries({
        event_id: 'e',
        type: 'failed',
        payment_id: 'p',
        amount: 1,
        currency: 'IDR',
        payment_method: 'pm_1',
        reason: 'r',
        occurred_at: '2026-01-01T00:00:00Z',
      }).map(([name, value]) => [name, field(value, ['service'], ['service'])]),
    ),
  },
  'POST /reservations/{id}/confirm': {
    base: STALE,
    fields: {
      // It is the customer who pays, with what is theirs.
      payment_method: field('pm_1', BUYERS, STAFF),
      notes: field('n', BUYERS, STAFF),
      ...asked(BUYERS, STAFF),
    },
  },
  'POST /bookings/availability/check': {
    base: { items: [{ offering_id: 'nowhere' }] },
    fields: { items: field([{ offering_id: 'nowhere' }], EVERYBODY, EVERYBODY) },
  },
  'PUT /offerings/{id}': {
    base: {},
    fields: {
      ...Object.fromEntries(
        Object.entries({
          profile: 'clinic',
          name: 'Vaccination',
          description: 'd',
          price: { amount: 1, currency: 'IDR' },
          price_unit: 'each',
          duration_minutes: 30,
          requires_approval: false,
          is_available: true,
          on_sale_from: '2026-01-01T00:00:00Z',
          on_sale_until: '2199-01-01T00:00:00Z',
          time_zone: 'UTC',
          availability_exceptions: [],
          capacity: 3,
          policy: { hold_seconds: 600, refund_tiers: [], no_show_fee_percent: 0 },
          force: false,
        }).map(([name, value]) => [name, field(value, SELLERS, ['operator'])]),
      ),
      provider: field({ id: 'somebody-else' }, ['operator'], ['operator']),
      venue: field({ id: 'another-house' }, ['operator'], ['operator']),
      // The platform's own share, and what it promises about payments.
      ...Object.fromEntries(
        Object.entries({
          platform_fee_basis_points: 0,
          capture: 'manual',
          stale_price_seconds: 0,
          lapse_grace_seconds: 1,
          processing_grace_seconds: 1,
        } satisfies Record<keyof typeof OPERATORS_POLICY, unknown>).map(([name, value]) => [
          `policy.${name}`,
          field({ policy: { [name]: value } }, ['operator'], ['operator']),
        ]),
      ),
    },
  },
  'PUT /offerings/{id}/units': {
    base: { units: [{ id: 'slot-1', kind: 'seat' }] },
    fields: {
      units: field([{ id: 's', kind: 'slot' }], SELLERS, ['operator']),
      force: field(false, SELLERS, ['operator']),
      reason: field('r', SELLERS, ['operator']),
    },
  },
  'POST /units/{id}/block': {
    base: { offering_id: '$offering', blocked: false },
    fields: {
      offering_id: field('$offering', SELLERS, ['operator']),
      blocked: field(false, SELLERS, ['operator']),
      force: field(false, SELLERS, ['operator']),
      reason: field('r', SELLERS, ['operator']),
    },
  },
  'POST /bookings/{id}/reviews': {
    base: { rating: 5 },
    fields: {
      rating: field(5, ['customer'], NOBODY),
      comment: field('good', ['customer'], NOBODY),
      ratings_breakdown: field({ kind: 5 }, ['customer'], NOBODY),
      attachments: field([], ['customer'], NOBODY),
      idempotency_key: field('key-1', ['customer'], NOBODY),
    },
  },
}

/** Routes whose fields are all as the route is: each is asked in tests/e2e/route-owners.test.ts. */
const WITH_ITS_FIELDS = Object.fromEntries(
  Object.entries(BY_ROUTE).flatMap(([route, { fields }]) => (fields === undefined ? [] : [[route, { fields }]])),
)

let world: World
let document: Document
let booking: BookingBody
let offeringId: string
const own = new Map<Role, Caller>()
const others = new Map<Role, Caller>()
beforeAll(async () => {
  world = await openWorld()
  document = (await (await fetch(`${world.apiUrl}/openapi.json`)).json()) as Document
  for (const role of ROLES) {
    own.set(role, await world.as(role, `own-${role}`))
    others.set(role, await world.as(role, `other-${role}`))
  }
  const offer = await offerSlots(world, { more: { provider: { id: 'own-provider' } } })
  offeringId = offer.offeringId
  // The other provider sells at the same venue: that gives them nothing of what is not theirs (N-57).
  await offerSlots(world, { more: { provider: { id: 'other-provider' } } })
  booking = await hold(await world.as('customer', 'own-customer'), offer.order())
})
afterAll(() => world.close())

function propertiesOf(schema: Schema): string[] {
  const { $ref, oneOf, anyOf, properties } = schema
  if ($ref !== undefined) return propertiesOf(document.components.schemas[$ref.split('/').at(-1) ?? ''] ?? {})
  return [...new Set([...(oneOf ?? anyOf ?? []).flatMap(propertiesOf), ...Object.keys(properties ?? {})])]
}

function ask(caller: Caller, route: string, body: object): Promise<Answer> {
  const [method = '', path = ''] = route.split(' ')
  const id = path.startsWith('/offerings') ? offeringId : path.startsWith('/units') ? 'slot-1' : booking.id
  const to = path.replaceAll('{id}', id).replaceAll(/\{[^}]+\}/g, 'x')
  return method === 'POST' ? caller.post(to, body) : caller.put(to, body)
}

/** The fields that make the route's smallest body whole: an offering is loaded as it is. */
function bodyOf(route: string, { base }: Route, name: string, { value }: Field): Record<string, unknown> {
  const offering = {
    profile: 'clinic',
    name: 'Vaccination',
    provider: { id: 'own-provider' },
    venue: { id: 'clinic-1' },
    price: { amount: 15_000_000, currency: 'IDR' },
    duration_minutes: 30,
  }
  const whole = route === 'PUT /offerings/{id}' ? offering : base
  const { action: _action, ...without } = whole as { action?: unknown }
  const named = name.startsWith('policy.') ? (value as object) : { [name]: value }
  return JSON.parse(
    JSON.stringify({ ...(name === 'status' ? without : whole), ...named }).replaceAll('$offering', offeringId),
  ) as Record<string, unknown>
}

describe('N-58 each field of each body says whose it is', () => {
  test('no route with a body, and no field of one, is left out', () => {
    const described = operationsOf(document)
      .filter(({ body }) => body !== null)
      .map(
        ({ method, path, body }) => [`${method.toUpperCase()} ${path}`, propertiesOf(body ?? {}).toSorted()] as const,
      )
    const listed = Object.entries({ ...ROUTES, ...WITH_ITS_FIELDS }).map(([route, { fields }]) => [
      route,
      Object.keys(fields)
        .filter((name) => !name.startsWith('policy.'))
        .toSorted(),
    ])
    expect(Object.fromEntries(described)).toEqual(Object.fromEntries(listed))
  })

  test.each(Object.entries(ROUTES))('by route × field × role × owner: %s', async (route, rules) => {
    const wrong: unknown[] = []
    for (const [name, rule] of Object.entries(rules.fields)) {
      for (const [owner, callers, may] of [
        ['own', own, rule.own],
        ['others', others, rule.others],
      ] as const) {
        for (const role of ROLES) {
          const caller = callers.get(role)
          if (caller === undefined) throw new Error(role)
          const { status, body } = await ask(caller, route, bodyOf(route, rules, name, rule))
          // A field of another line of business, or one alone that says nothing, is refused before it matters whose it is.
          if (may.length === 0 && status === 422) continue
          const isRefused = status === 403 || status === 404
          if (isRefused === may.includes(role)) wrong.push({ route, name, owner, role, status, detail: body['detail'] })
        }
      }
    }
    expect(wrong).toEqual([])
  })

  test('and the booking is as it was', async () => {
    const { body } = await (await world.as('customer', 'own-customer')).get<BookingBody>(`/bookings/${booking.id}`)
    expect(body).toEqual(booking)
  })

  test('a provider who loads an offering anew does not take down what the operator decided', async () => {
    const olga = await world.as('operator', 'olga')
    const vet = await world.as('provider', 'own-provider')
    const offering = { profile: 'clinic', name: 'X-ray', provider: { id: 'own-provider' }, price: { amount: 1 } }
    await olga.put('/offerings/x-ray', { ...offering, policy: { platform_fee_basis_points: 1500, hold_seconds: 60 } })
    expect((await vet.put('/offerings/x-ray', { ...offering, policy: { hold_seconds: 90 } })).status).toBe(200)
    const { policy } = await world.parts.database.offering.findUniqueOrThrow({ where: { id: 'x-ray' } })
    expect(policy).toEqual({ platformFeeBasisPoints: 1500, holdSeconds: 90 })
    const refused = await vet.put('/offerings/mine', { ...offering, policy: { platform_fee_basis_points: 0 } })
    expect(refused).toMatchObject({
      status: 403,
      body: { code: 'forbidden', errors: [{ pointer: '/policy/platform_fee_basis_points' }] },
    })
  })
})

describe('N-57 two providers at one venue', () => {
  const table = (provider: string) => ({
    profile: 'venue',
    name: `Dinner of ${provider}`,
    provider: { id: provider },
    venue: { id: 'house', type: 'restaurant' },
    price: { amount: 1000, currency: 'USD' },
  })
  const units = { units: [{ id: 't1', kind: 'table', min_party: 1, max_party: 4 }] }
  const dinner = (offering: string, days: number) => ({
    profile: 'venue',
    party_size: 2,
    items: [{ offering_id: offering, unit_id: 't1', start: inDays(days), end: inDays(days, 2) }],
  })
  let olga: Caller
  let x: Caller
  let y: Caller
  let ada: Caller
  let theirs: BookingBody
  beforeAll(async () => {
    olga = await world.as('operator', 'olga')
    x = await world.as('provider', 'x')
    y = await world.as('provider', 'y')
    ada = await world.as('customer', 'ada')
    await olga.put('/venues/house/providers/x', {})
    await x.put('/offerings/dinner-x', table('x'))
    await x.put('/offerings/dinner-x/units', units)
    theirs = await hold(ada, dinner('dinner-x', 9))
  })

  test('where no operator has said so, one sells nothing, by any way', async () => {
    expect(await y.put('/offerings/dinner-y', table('y'))).toMatchObject({
      status: 403,
      body: { errors: [{ pointer: '/venue/id' }] },
    })
    const { venue: _venue, ...nowhere } = table('y')
    expect((await y.put('/offerings/dinner-y', nowhere)).status).toBe(200)
    expect((await y.put('/offerings/dinner-y', table('y'))).status).toBe(403)
    expect((await y.put('/offerings/dinner-x', table('y'))).status).toBe(403)
    expect((await y.put('/offerings/dinner-x/units', units)).status).toBe(403)
    for (const somebody of [y, ada, await world.as('service', 's')]) {
      expect((await somebody.put('/venues/house/providers/y', {})).status).toBe(403)
      expect((await somebody.get('/venues/house/providers')).status).toBe(403)
      expect((await somebody.delete('/venues/house/providers/x')).status).toBe(403)
    }
  })

  test('where one has, neither takes the other’s bookings away, or is told of them', async () => {
    expect(await olga.put('/venues/house/providers/y', {})).toMatchObject({
      status: 200,
      body: { providers: [{ id: 'x', allowed_by: 'olga' }, { id: 'y' }] },
    })
    expect((await y.put('/offerings/dinner-y', table('y'))).status).toBe(200)
    expect((await y.put('/offerings/dinner-y/units', units)).status).toBe(200)
    const mine = await hold(ada, dinner('dinner-y', 10))

    const seen = await Promise.all([
      y.post('/units/t1/block', { offering_id: 'dinner-x', force: true }),
      y.get(`/bookings/${theirs.id}`),
      y.post(`/bookings/${theirs.id}/cancel`, {}),
      y.get('/bookings/venue/house'),
      y.post('/bookings/availability/check', { items: [{ ...dinner('dinner-y', 9).items[0], party_size: 2 }] }),
    ])
    expect(seen.map(({ status }) => status)).toEqual([403, 404, 404, 200, 200])
    expect(JSON.stringify(seen.slice(3))).not.toContain(theirs.id)

    // Without force: what stands in the way is one's own alone.
    expect(await y.post('/units/t1/block', { offering_id: 'dinner-y' })).toMatchObject({
      status: 409,
      body: { affected: [mine.id] },
    })
    const forced = await y.put('/offerings/dinner-y/units', {
      units: [{ ...units.units[0], status: 'blocked' }],
      force: true,
    })
    expect(forced).toMatchObject({ status: 200, body: { affected: [mine.id] } })
    const displaced = await world.parts.database.$queryRaw<{ booking_id: string }[]>`
      SELECT booking_id::text FROM displacements WHERE action = 'displace'`
    expect(displaced.map(({ booking_id }) => booking_id)).toEqual([mine.id])
    expect((await ada.get<BookingBody>(`/bookings/${theirs.id}`)).body.attention).toEqual(theirs.attention)
    // An operator's block is of everybody's.
    expect(await olga.post('/units/t1/block', { offering_id: 'dinner-x' })).toMatchObject({ status: 409 })
  })

  test('one who may sell there no longer is off sale, cannot come back, and keeps what is booked', async () => {
    expect(await olga.delete('/venues/house/providers/y')).toMatchObject({
      status: 200,
      body: { off_sale: ['dinner-y'] },
    })
    expect((await y.put('/offerings/dinner-y', table('y'))).status).toBe(403)
    expect((await y.put('/offerings/dinner-y/units', units)).status).toBe(403)
    expect((await x.put('/offerings/dinner-x', table('x'))).status).toBe(200)
    // Whoever is named in an offering that an operator loads may sell there.
    expect((await olga.put('/offerings/dinner-y', table('y'))).status).toBe(200)
    expect((await y.put('/offerings/dinner-y', table('y'))).status).toBe(200)
  })
})

describe('N-59 an offering that means nothing', () => {
  test.each([
    [
      'two tiers of one hour',
      [
        { hours_before: 24, percent: 100 },
        { hours_before: 24, percent: 50 },
      ],
      '/policy/refund_tiers/1/hours_before',
    ],
    [
      'more back for cancelling later',
      [
        { hours_before: 48, percent: 50 },
        { hours_before: 24, percent: 80 },
      ],
      '/policy/refund_tiers/1/percent',
    ],
    [
      'more back for cancelling later, the other way round',
      [
        { hours_before: 24, percent: 80 },
        { hours_before: 48, percent: 50 },
      ],
      '/policy/refund_tiers/1/percent',
    ],
  ])('is refused: %s', async (_, refund_tiers, pointer) => {
    const olga = await world.as('operator', 'olga')
    const offering = { profile: 'course', name: 'X', price: { amount: 1, currency: 'USD' }, policy: { refund_tiers } }
    expect(await olga.put('/offerings/odd', offering)).toMatchObject({ status: 422, body: { errors: [{ pointer }] } })
  })

  test('is not one with the same back at two hours, in any order', async () => {
    const olga = await world.as('operator', 'olga')
    const tiers = [
      { hours_before: 1, percent: 50 },
      { hours_before: 48, percent: 100 },
      { hours_before: 24, percent: 50 },
    ]
    const offering = {
      profile: 'course',
      name: 'X',
      price: { amount: 1, currency: 'USD' },
      policy: { refund_tiers: tiers },
    }
    expect((await olga.put('/offerings/even', offering)).status).toBe(200)
  })
})
