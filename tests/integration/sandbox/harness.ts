import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { createSandbox, type Sandbox, type SandboxOptions } from '../../../services/sandbox/app.ts'

export const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

/** A sandbox that is closed when the test is over. */
export function openSandbox(options: Partial<SandboxOptions> = {}): Sandbox {
  const sandbox = createSandbox({
    database: ':memory:',
    issuer: 'https://issuer.test',
    audience: 'holdfast',
    webhookUrl: null,
    webhookSecret: secret,
    ...options,
  })
  onTestFinished(() => sandbox.close())
  return sandbox
}

export interface Reply<Body> {
  status: number
  body: Body
  headers: Headers
}

let keys = 0
/** A key nobody has used. */
export function freshKey(): string {
  keys += 1
  return `key-${keys}`
}

/** Calls the sandbox without a socket. A POST carries a fresh key unless one is given; null sends none. */
export async function call<Body = Record<string, unknown>>(
  { app }: Pick<Sandbox, 'app'>,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: unknown,
  key: string | null = method === 'POST' ? freshKey() : null,
): Promise<Reply<Body>> {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (key !== null) headers['idempotency-key'] = key
  const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) }
  const response = await app.request(path, init)
  return { status: response.status, body: (await response.json()) as Body, headers: response.headers }
}

/** Asks until the answer passes, for at most `milliseconds`; answers the last one, for the test to judge. */
export async function until<T>(
  ask: () => T | Promise<T>,
  passes: (answer: T) => boolean,
  milliseconds = 5_000,
): Promise<T> {
  const deadline = performance.now() + milliseconds
  for (;;) {
    const answer = await ask()
    if (passes(answer) || performance.now() > deadline) return answer
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export interface Delivery {
  id: string
  type: string
  data: {
    intent_id: string
    booking_id: string
    amount: number
    currency: string
    payment_method?: string
    failure_code?: string
    refund_id?: string
    refund_key?: string
  }
  headers: Record<string, string>
  raw: string
}

interface Receiver {
  url: string
  deliveries: Delivery[]
  /** Set to refuse: what the next deliveries are answered, oldest first; then 200. */
  answers: number[]
}

/** A real receiver of webhooks. Every delivery is kept, also those it refuses. */
export async function openReceiver(): Promise<Receiver> {
  const deliveries: Delivery[] = []
  const answers: number[] = []
  const server: Server = createServer((request, response) => {
    let raw = ''
    request.on('data', (chunk: Buffer) => (raw += chunk.toString()))
    request.on('end', () => {
      const { id, type, data } = JSON.parse(raw) as Pick<Delivery, 'id' | 'type' | 'data'>
      deliveries.push({ id, type, data, raw, headers: request.headers as Record<string, string> })
      response.writeHead(answers.shift() ?? 200).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`, deliveries, answers }
}
