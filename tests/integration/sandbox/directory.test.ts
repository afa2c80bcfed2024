import { describe, expect, it } from 'vitest'
import { call, openSandbox } from './harness.ts'

describe('the directory [S-06]', () => {
  it.each([
    { kind: 'users', entry: { name: 'Ana', email: 'ana@example.test', phone: '+491234' } },
    {
      kind: 'tutors',
      entry: {
        name: 'Ben',
        email: 'ben@example.test',
        hourly_rate: { amount: 4500, currency: 'EUR' },
        subjects: ['maths'],
      },
    },
    { kind: 'pets', entry: { owner_id: 'ana', name: 'Rex', species: 'dog', breed: null } },
    { kind: 'clinics', entry: { name: 'Paws', address: 'High Street 1', phone: null } },
    { kind: 'courses', entry: { title: 'Sailing', price: { amount: 19900, currency: 'GBP' }, is_published: true } },
  ])('keeps $kind as they are put, and 404s the rest', async ({ kind, entry }) => {
    const sandbox = openSandbox()
    expect((await call(sandbox, 'GET', `/internal/${kind}/x`)).status).toBe(404)
    expect((await call(sandbox, 'PUT', `/control/${kind}/x`, entry)).status).toBe(200)
    expect((await call(sandbox, 'GET', `/internal/${kind}/x`)).body).toEqual({ id: 'x', ...entry })
    expect((await call(sandbox, 'PUT', `/control/${kind}/x`, { ...entry, id: 'y' })).body).toMatchObject({
      errors: [{ pointer: '/id' }],
    })
  })
})

describe('the catalogue [S-05]', () => {
  const event = {
    name: 'Concert',
    venue: { id: 'v1', name: 'Hall' },
    starts_at: '2030-05-01T18:00:00.000Z',
    ends_at: '2030-05-01T20:00:00.000Z',
    on_sale: true,
    currency: 'EUR',
  }

  it('knows events, and prices of seats in major units; unknown seats are left out', async () => {
    const sandbox = openSandbox()
    const seats = [
      { id: 'A1', price: 25.5 },
      { id: 'A2', price: 30 },
    ]
    await call(sandbox, 'PUT', '/control/events/e1', { ...event, seats })
    expect((await call(sandbox, 'GET', '/internal/events/e1')).body).toEqual({ id: 'e1', ...event })
    const prices = await call(
      sandbox,
      'POST',
      '/internal/events/e1/seats/prices',
      { seatIds: ['A2', 'Z9', 'A1'] },
      null,
    )
    expect(prices.body).toEqual([
      { id: 'A2', price: 30, currency: 'EUR' },
      { id: 'A1', price: 25.5, currency: 'EUR' },
    ])
    expect((await call(sandbox, 'GET', '/internal/events/none')).status).toBe(404)
    expect((await call(sandbox, 'POST', '/internal/events/none/seats/prices', { seatIds: ['A1'] })).status).toBe(404)
  })

  it('takes a stadium of 20,000 seats, and replaces what was there', async () => {
    const sandbox = openSandbox()
    const seats = Array.from({ length: 20_000 }, (_, seat) => ({ id: `S${seat}`, price: 10 }))
    expect((await call(sandbox, 'PUT', '/control/events/e1', { ...event, seats })).status).toBe(200)
    await call(sandbox, 'PUT', '/control/events/e1', { ...event, seats: seats.slice(0, 1) })
    const prices = await call(sandbox, 'POST', '/internal/events/e1/seats/prices', { seatIds: ['S0', 'S1'] })
    expect(prices.body).toHaveLength(1)
  })
})

describe('meeting links', () => {
  const meeting = { booking_id: 'b1', subject: 'Algebra', start: '2030-05-01T10:00:00Z', end: '2030-05-01T11:00:00Z' }

  it('cannot be guessed, and are the same for the same key', async () => {
    const sandbox = openSandbox()
    const first = await call(sandbox, 'POST', '/internal/meetings', meeting, 'b1:meeting:1')
    expect(first.status).toBe(201)
    expect(first.body).toEqual({ url: expect.stringMatching(/^https:\/\/meet\.sandbox\.test\/[\w-]{20}$/) })
    expect((await call(sandbox, 'POST', '/internal/meetings', meeting, 'b1:meeting:1')).body).toEqual(first.body)
    expect((await call(sandbox, 'POST', '/internal/meetings', meeting, 'b2:meeting:1')).body).not.toEqual(first.body)
  })
})
