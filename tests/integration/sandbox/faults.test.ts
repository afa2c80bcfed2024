import { describe, expect, it } from 'vitest'
import type { Sandbox } from '../../../services/sandbox/app.ts'
import { call, openSandbox, until } from './harness.ts'
import { createIntent, money, paid } from './money.ts'

const plan = (sandbox: Sandbox, rules: object[], seed = 42) => call(sandbox, 'PUT', '/control/faults', { seed, rules })
const user = (sandbox: Sandbox) => call(sandbox, 'GET', '/internal/users/nobody')

/** Waits until the plan has struck. */
function struck(sandbox: Sandbox) {
  return until(
    () => call<{ rules: Array<{ hits: number }> }>(sandbox, 'GET', '/control/faults'),
    ({ body }) => body.rules.some(({ hits }) => hits > 0),
  )
}

async function statuses(sandbox: Sandbox, calls: number): Promise<number[]> {
  const seen: number[] = []
  for (let n = 0; n < calls; n += 1) seen.push((await user(sandbox)).status)
  return seen
}

describe('the fault plan [S-07]', () => {
  const half = { service: 'identity', status: 503, probability: 0.5 }

  it('gives the same faults for the same seed, whatever other services do, and others for another', async () => {
    const [first, second, third] = [openSandbox(), openSandbox(), openSandbox()]
    for (const sandbox of [first, second]) {
      await plan(sandbox, [half, { service: 'payments', status: 500, probability: 0.5 }])
    }
    await plan(third, [half], 43)
    const expected = await statuses(first, 40)
    const disturbed: number[] = []
    for (let n = 0; n < 40; n += 1) {
      await createIntent(second)
      disturbed.push((await user(second)).status)
    }
    expect(disturbed).toEqual(expected)
    expect(expected.filter((status) => status === 503).length).toBeGreaterThan(8)
    expect(expected.filter((status) => status === 404).length).toBeGreaterThan(8)
    expect(await statuses(third, 40)).not.toEqual(expected)
    await plan(first, [half])
    expect(await statuses(first, 40)).toEqual(expected)
  })

  it('skips the first `after` calls, strikes `times` times, counts, and heals', async () => {
    const sandbox = openSandbox()
    await plan(sandbox, [{ service: 'identity', operation: 'user', status: 500, after: 2, times: 3 }])
    expect(await statuses(sandbox, 7)).toEqual([404, 404, 500, 500, 500, 404, 404])
    expect((await call(sandbox, 'GET', '/control/faults')).body).toMatchObject({
      seed: 42,
      rules: [{ service: 'identity', operation: 'user', matched: 7, hits: 3 }],
    })
    await plan(sandbox, [{ service: 'identity', status: 500 }])
    await plan(sandbox, [])
    expect(await statuses(sandbox, 2)).toEqual([404, 404])
  })

  it('lets the first rule that strikes decide', async () => {
    const sandbox = openSandbox()
    await plan(sandbox, [
      { service: 'identity', status: 500, times: 1 },
      { service: 'identity', status: 429, times: 1 },
    ])
    expect(await statuses(sandbox, 3)).toEqual([500, 429, 404])
  })

  it('strikes the operation it names and no other', async () => {
    const sandbox = openSandbox()
    await plan(sandbox, [{ service: 'identity', operation: 'pet', status: 500 }])
    expect((await user(sandbox)).status).toBe(404)
    expect((await call(sandbox, 'GET', '/internal/pets/rex')).status).toBe(500)
  })

  it('does nothing but fail with `status`, and tells a 429 and a 503 when to come back', async () => {
    const sandbox = openSandbox()
    await plan(sandbox, [{ service: 'payments', operation: 'create_intent', status: 503 }])
    const intent = { booking_id: 'b1', amount: 1000, currency: 'EUR', capture: 'manual' }
    const answer = await call(sandbox, 'POST', '/api/v1/payments/intents', intent, 'k')
    expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } })
    expect(answer.headers.get('retry-after')).toBe('1')
    await plan(sandbox, [])
    const retried = await call(sandbox, 'POST', '/api/v1/payments/intents', intent, 'k')
    expect(retried.headers.get('idempotency-replayed')).toBeNull()
  })

  it('does the work and then fails with `executed`', async () => {
    const sandbox = openSandbox()
    await plan(sandbox, [{ service: 'payments', operation: 'confirm', status: 500, executed: true }])
    await paid(sandbox, 'pm_bank_immediate')
    expect(await money(sandbox)).toEqual(['captured 1000'])
  })

  it('is late with `delay_ms`: before the work, or with `executed` after it', async () => {
    const sandbox = openSandbox()
    await plan(sandbox, [{ service: 'payments', operation: 'confirm', delay_ms: 300 }])
    const slow = paid(sandbox, 'pm_bank_immediate', { booking_id: 'slow' })
    await struck(sandbox)
    expect(await money(sandbox, 'slow')).toEqual([])
    expect((await slow).status).toBe('succeeded')

    await plan(sandbox, [{ service: 'payments', operation: 'confirm', delay_ms: 300, executed: true }])
    let answered = false
    const late = paid(sandbox, 'pm_bank_immediate', { booking_id: 'late' }).finally(() => (answered = true))
    await until(
      () => money(sandbox, 'late'),
      ({ length }) => length > 0,
    )
    expect(answered).toBe(false)
    expect((await late).status).toBe('succeeded')
  })

  it('resets the connection, without the work or after it; without a socket that is a 599', async () => {
    const sandbox = openSandbox()
    const { url } = await sandbox.listen({ port: 0 })
    const create = (booking_id: string) =>
      fetch(`${url}/api/v1/pricing/estimate`, { method: 'POST', body: JSON.stringify({ booking_id }) })
    await plan(sandbox, [{ service: 'pricing', reset: true, times: 2 }])
    await expect(create('b1')).rejects.toThrow('fetch failed')
    expect((await call(sandbox, 'POST', '/api/v1/pricing/estimate', {})).status).toBe(599)
    expect((await create('b1')).status).toBe(422)

    const intent = await createIntent(sandbox)
    await plan(sandbox, [{ service: 'payments', operation: 'confirm', reset: true, executed: true }])
    const confirm = fetch(`${url}/api/v1/payments/intents/${intent.id}/confirm`, {
      method: 'POST',
      body: JSON.stringify({ client_secret: intent.client_secret, payment_method: 'pm_bank_immediate' }),
    })
    await expect(confirm).rejects.toThrow('fetch failed')
    expect(await money(sandbox)).toEqual(['captured 1000'])
  })

  it('does not hold up closing', async () => {
    const sandbox = openSandbox()
    const { url } = await sandbox.listen({ port: 0 })
    await plan(sandbox, [{ service: 'identity', delay_ms: 600_000 }])
    const answer = fetch(`${url}/internal/users/ana`)
    await struck(sandbox)
    const started = performance.now()
    await sandbox.close()
    expect(performance.now() - started).toBeLessThan(1_500)
    expect((await answer).status).toBe(503)
  })

  it.each([
    { name: 'an unknown service', rule: { service: 'weather' }, pointer: '/rules/0/service' },
    {
      name: "another service's operation",
      rule: { service: 'pricing', operation: 'refund' },
      pointer: '/rules/0/operation',
    },
    { name: 'duplicates of a call', rule: { service: 'pricing', duplicate: 2 }, pointer: '/rules/0/duplicate' },
    { name: 'a status of a webhook', rule: { service: 'webhooks', status: 500 }, pointer: '/rules/0/status' },
    { name: 'a status and a reset', rule: { service: 'pricing', status: 500, reset: true }, pointer: '/rules/0/reset' },
    { name: 'a code without a status', rule: { service: 'pricing', code: 'no' }, pointer: '/rules/0/code' },
    { name: 'execution without a fault', rule: { service: 'pricing', executed: true }, pointer: '/rules/0/executed' },
    { name: 'a probability above one', rule: { service: 'pricing', probability: 2 }, pointer: '/rules/0/probability' },
  ])('refuses $name', async ({ rule, pointer }) => {
    const answer = await plan(openSandbox(), [rule])
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer }] } })
  })
})
