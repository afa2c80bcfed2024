import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openReceiver, secret, until } from './harness.ts'

const main = new URL('../../../services/sandbox/main.ts', import.meta.url).pathname

interface Run {
  child: ChildProcess
  out: () => string
  err: () => string
  ended: Promise<number | null>
}

function run(env: Record<string, string>): Run {
  const child = spawn(process.execPath, [main], { env: { PATH: process.env['PATH'], ...env }, stdio: 'pipe' })
  const text = { out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => (text.out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (text.err += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, out: () => text.out, err: () => text.err, ended }
}

async function listening(env: Record<string, string>): Promise<Run & { url: string }> {
  const started = run(env)
  await until(started.out, (text) => text.includes('\n'), 20_000)
  return { ...started, url: (JSON.parse(started.out().split('\n')[0] ?? '') as { url: string }).url }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function post<Body>(url: string, body: object, key = 'k'): Promise<Body> {
  const init = { method: 'POST', body: JSON.stringify(body), headers: { 'idempotency-key': key } }
  return (await (await fetch(url, init)).json()) as Body
}

describe('the sandbox process [S-07]', { timeout: 60_000 }, () => {
  it('says in one JSON line that it listens, answers, and stops cleanly on SIGTERM', async () => {
    const port = await freePort()
    const { child, url, out, err, ended } = await listening({ SANDBOX_PORT: String(port) })
    expect(url).toBe(`http://127.0.0.1:${port}`)
    expect((await fetch(`${url}/.well-known/jwks.json`)).status).toBe(200)
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
    expect(err()).toBe('')
    expect(out().trim().split('\n')).toHaveLength(2)
  })

  it('killed with -9 it comes back with the money it took, and finishes the payment that was processing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sandbox-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const receiver = await openReceiver()
    const env = {
      SANDBOX_PORT: String(await freePort()),
      SANDBOX_DATABASE: join(folder, 'sandbox.db'),
      SANDBOX_WEBHOOK_URL: receiver.url,
      PAYMENT_WEBHOOK_SECRET: secret,
    }
    const first = await listening(env)
    const intents = `${first.url}/api/v1/payments/intents`
    const body = { booking_id: 'b1', amount: 1000, currency: 'EUR', capture: 'manual' }
    const intent = await post<{ id: string; client_secret: string }>(intents, body)
    await post(`${intents}/${intent.id}/confirm`, {
      client_secret: intent.client_secret,
      payment_method: 'pm_bank_slow',
      processing_seconds: 0.5,
    })
    first.child.kill('SIGKILL')
    await first.ended

    const second = await listening(env)
    await until(
      () => receiver.deliveries,
      (deliveries) => deliveries.some(({ type }) => type === 'payment_intent.succeeded'),
    )
    expect(await (await fetch(`${second.url}/ledger?booking_id=b1`)).json()).toMatchObject([
      { kind: 'captured', intent_id: intent.id },
    ])
    expect(await post(intents, body)).toMatchObject({ id: intent.id, status: 'requires_payment_method' })
  })

  it.each([
    { variable: 'SANDBOX_PORT', value: 'http' },
    { variable: 'SANDBOX_PORT', value: '70000' },
    { variable: 'SANDBOX_WEBHOOK_URL', value: 'not a url' },
    { variable: 'SANDBOX_ISSUER', value: 'ftp://issuer' },
    { variable: 'PAYMENT_WEBHOOK_SECRET', value: 'hunter2hunter2' },
    { variable: 'SANDBOX_DATABASE', value: '/nowhere/at/all/sandbox.db' },
    { variable: 'LOG_LEVEL', value: 'loud' },
  ])('stops over $variable=$value with one sentence that begins with the name', async ({ variable, value }) => {
    const { err, ended } = run({ [variable]: value })
    expect(await ended).toBe(1)
    expect(err()).toMatch(new RegExp(`^${variable} [^\\n]+\\.\\n$`))
  })

  it('keeps a secret it cannot use to itself', async () => {
    const { err, ended } = run({ PAYMENT_WEBHOOK_SECRET: 'hunter2hunter2' })
    await ended
    expect(err()).toMatch(/^PAYMENT_WEBHOOK_SECRET must/)
    expect(err()).not.toContain('hunter2')
  })

  it('asks for the secret when there is somewhere to send webhooks', async () => {
    const { err, ended } = run({ SANDBOX_WEBHOOK_URL: 'http://127.0.0.1:9/hooks' })
    expect(await ended).toBe(1)
    expect(err()).toMatch(/^PAYMENT_WEBHOOK_SECRET is needed/)
  })

  it('says so when the port is taken, whichever of the two', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const { err, ended } = run({ SANDBOX_PORT: String(port) })
    expect(await ended).toBe(1)
    expect(err()).toBe(`SANDBOX_PORT ${port} on 127.0.0.1 is taken.\n`)
    const grpc = run({ SANDBOX_PORT: String(await freePort()), SANDBOX_GRPC_PORT: String(port) })
    expect(await grpc.ended).toBe(1)
    expect(grpc.err()).toContain(`SANDBOX_GRPC_PORT ${port} on 127.0.0.1 is taken.\n`)
  })
})
