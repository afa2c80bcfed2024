import { describe, expect, it } from 'vitest'
import { call, openSandbox, type Reply } from './harness.ts'
import { money, paid, type Refusal } from './money.ts'

const intents = '/api/v1/payments/intents'
const good = { booking_id: 'b1', amount: 1000, currency: 'EUR', capture: 'manual' }

/** Sends these very bytes. */
async function send(
  path: string,
  body: string | ReadableStream<Uint8Array>,
  headers: Record<string, string> = {},
): Promise<Reply<Refusal>> {
  const { app } = openSandbox()
  const init = { method: 'POST', body, headers: { 'idempotency-key': 'k', ...headers }, duplex: 'half' as const }
  const response = await app.request(path, init)
  return { status: response.status, headers: response.headers, body: (await response.json()) as Refusal }
}

describe('a body that is not JSON is 400 malformed', () => {
  it.each([
    ['nothing', ''],
    ['half of it', '{"booking_id":'],
    ['HTML', '<html></html>'],
    ['a trailing comma', '{"amount":1,}'],
    ['NaN', '{"amount":NaN}'],
  ])('%s', async (_, body) => {
    const answer = await send(intents, body)
    expect(answer).toMatchObject({ status: 400, body: { code: 'malformed', status: 400 } })
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
  })
})

describe('a body that is not valid is 422 validation_failed, with a pointer', () => {
  it.each([
    ['an unknown member', { ...good, status: 'succeeded' }, '/status'],
    ['a missing amount', { ...good, amount: undefined }, '/amount'],
    ['an amount of zero', { ...good, amount: 0 }, '/amount'],
    ['a negative amount', { ...good, amount: -1 }, '/amount'],
    ['half a cent', { ...good, amount: 0.5 }, '/amount'],
    ['an amount in a string', { ...good, amount: '1000' }, '/amount'],
    ['an amount that is true', { ...good, amount: true }, '/amount'],
    ['an amount beyond safe integers', { ...good, amount: 2 ** 53 }, '/amount'],
    ['a currency in small letters', { ...good, currency: 'eur' }, '/currency'],
    ['a currency with a newline', { ...good, currency: 'EUR\n' }, '/currency'],
    ['an unknown capture', { ...good, capture: 'later' }, '/capture'],
    ['an empty booking', { ...good, booking_id: '' }, '/booking_id'],
    ['a NUL', { ...good, booking_id: 'a\0b' }, '/booking_id'],
    ['half of a surrogate pair', { ...good, booking_id: 'a\ud800' }, '/booking_id'],
    ['an id of 201 characters', { ...good, booking_id: 'x'.repeat(201) }, '/booking_id'],
    ['nested metadata', { ...good, metadata: { 'a/b~c': {} } }, '/metadata/a~1b~0c'],
    ['an array', [good], ''],
    ['null', null, ''],
    ['a string', 'hello', ''],
  ])('%s', async (_, body, pointer) => {
    const answer = await send(intents, JSON.stringify(body))
    expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed' } })
    expect(answer.body.errors?.map((fault) => fault.pointer)).toContain(pointer)
  })

  it('1e400, which JSON reads as infinity', async () => {
    const answer = await send(intents, JSON.stringify(good).replace('1000', '1e400'))
    expect(answer.body.errors?.[0]?.pointer).toBe('/amount')
  })

  it.each([
    ['/api/v1/payments/intents/pi_x/confirm', { client_secret: 's', payment_method: 'pm_unknown' }, '/payment_method'],
    ['/api/v1/payments/intents/pi_x/capture', { amount: -1 }, '/amount'],
    ['/api/v1/payments/refunds', { intent_id: 'pi_x', amount: 1, currency: 'EURO' }, '/currency'],
    ['/api/v1/inventory/reserve', { lock_id: 'l', expires_at: 'tomorrow', items: [] }, '/expires_at'],
    ['/api/v1/inventory/reserve', { lock_id: 'l', expires_at: '2030-02-30T00:00:00Z', items: [] }, '/items'],
    ['/api/v1/inventory/release', { lock_id: 'l', item_ids: 'i1' }, '/item_ids'],
    ['/internal/events/e1/seats/prices', { seatIds: [1] }, '/seatIds/0'],
    ['/internal/meetings', { booking_id: 'b', subject: 's', start: '2030-05-01T10:00:00', end: 'x' }, '/start'],
  ])('%s %j', async (path, body, pointer) => {
    const answer = await send(path, JSON.stringify(body))
    expect(answer.status).toBe(422)
    expect(answer.body.errors?.map((fault) => fault.pointer)).toContain(pointer)
  })
})

describe('a body above 64 KB is 413', () => {
  const large = JSON.stringify({ ...good, metadata: { a: 'x'.repeat(70_000) } })

  it('by what it says of its length', async () => {
    const answer = await send(intents, large, { 'content-length': String(large.length) })
    expect(answer).toMatchObject({ status: 413, body: { code: 'payload_too_large' } })
  })

  it('by what comes, when it says nothing', async () => {
    const chunk = new TextEncoder().encode('x'.repeat(10_000))
    const endless = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(chunk) })
    expect((await send(intents, endless)).status).toBe(413)
  })

  it('over a real socket too, in chunks', async () => {
    const { url } = await openSandbox().listen({ port: 0 })
    const chunk = new TextEncoder().encode(large)
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(chunk)
        controller.close()
      },
    })
    const init = { method: 'POST', body, duplex: 'half', headers: { 'idempotency-key': 'k' } } as RequestInit
    expect((await fetch(url + intents, init)).status).toBe(413)
  })
})

it('bad input writes nothing', async () => {
  const sandbox = openSandbox()
  const intent = await paid(sandbox, 'pm_bank_immediate')
  for (const amount of [-1, 0, 1.5, '1', null, 2 ** 60]) {
    const body = { intent_id: intent.id, amount, currency: 'EUR' }
    expect((await call(sandbox, 'POST', '/api/v1/payments/refunds', body)).status).toBe(422)
  }
  expect(await money(sandbox)).toEqual(['captured 1000'])
})

it('a path that does not exist is a 404 problem', async () => {
  expect((await send('/api/v1/nothing', '{}')).body).toMatchObject({ code: 'not_found' })
})
