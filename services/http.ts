import { Agent, request, type Dispatcher } from 'undici'
import type { z } from 'zod'
import { Faulty, openCircuit, Unreachable } from './circuit.ts'
import { tracedCall } from './tracing.ts'

/** A call of another service. `key` makes a call that changes something safe to repeat. */
export type Call<Answer> = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: object
  readonly key?: string
  readonly answer: z.ZodType<Answer>
}

/** What the service answered when it was not a 2xx: its status and its problem document, as far as there is one. */
export type Problem = {
  readonly status: number
  readonly code: string | null
  readonly detail: string
  readonly body: unknown
}

export type HttpClient = {
  /**
   * Makes a call within the client's deadline. `onProblem` decides what a 4xx means: it returns an answer or throws a Refused; without it every
   * 4xx is a fault of ours. Throws Refused `unavailable` when the service is out of reach, too slow, overloaded (429), failing (5xx), answers
   * something else than agreed, or its circuit is open: the outcome of a call that changes something is then unknown.
   */
  call<Answer>(call: Call<Answer>, onProblem?: (problem: Problem) => Answer): Promise<Answer>
  close(): Promise<void>
}

const MAX_ANSWER_BYTES = 256 * 1024

/**
 * A client of one service. `deadlineMs` covers a try from connecting to the last byte. Temporal is the layer that retries; the one retry here is
 * for a connection that broke before an answer (a kept-alive socket the other side had closed), and only for calls that are safe to repeat.
 * Five failures in a row open the circuit for five seconds: callers then fail at once instead of queueing (E-05).
 */
export function httpClient(service: string, baseUrl: string, deadlineMs: number): HttpClient {
  const agent = new Agent({ connections: 64, keepAliveTimeout: 30_000 })
  const circuit = openCircuit(service)

  const attempt = (call: Call<unknown>) =>
    tracedCall(service, call.method, async (trace, span) => {
      const answer = await send(call, trace)
      span.setAttribute('http.response.status_code', answer.status)
      return answer
    })

  async function send(
    call: Call<unknown>,
    trace: Readonly<Record<string, string>>,
  ): Promise<{ status: number; text: string }> {
    let response: Dispatcher.ResponseData
    try {
      response = await request(new URL(call.path, baseUrl), {
        method: call.method,
        dispatcher: agent,
        headers: {
          ...trace,
          ...(call.body !== undefined && { 'content-type': 'application/json' }),
          ...(call.key !== undefined && { 'idempotency-key': call.key }),
        },
        body: call.body === undefined ? null : JSON.stringify(call.body),
        headersTimeout: deadlineMs,
        bodyTimeout: deadlineMs,
        signal: AbortSignal.timeout(deadlineMs),
      })
    } catch (error) {
      const slow = error instanceof Error && (error.name === 'TimeoutError' || error.name === 'HeadersTimeoutError')
      if (slow) throw new Faulty(`did not answer within ${deadlineMs} ms`, { cause: error })
      throw new Unreachable('is out of reach', { cause: error })
    }
    const text = await readWithin(response, MAX_ANSWER_BYTES)
    if (response.statusCode >= 500 || response.statusCode === 429) throw new Faulty(`answered ${response.statusCode}`)
    return { status: response.statusCode, text }
  }

  return {
    async call(call, onProblem) {
      try {
        const safe = call.method === 'GET' || call.key !== undefined
        const { status, text } = await circuit.run(safe, () => attempt(call))
        const body = parsed(text)
        if (status >= 200 && status < 300) {
          const answer = call.answer.safeParse(body)
          if (answer.success) return answer.data
          throw new Faulty(`answered something else than agreed: ${answer.error.issues[0]?.message ?? ''}`)
        }
        const problem = problemOf(status, body)
        if (onProblem === undefined) throw new Faulty(`answered ${status} ${problem.code ?? ''}`)
        return onProblem(problem)
      } catch (error) {
        throw circuit.refusalOf(error)
      }
    },
    close: () => agent.close(),
  }
}

async function readWithin(response: Dispatcher.ResponseData, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes) break
      chunks.push(chunk)
    }
  } catch (error) {
    throw new Unreachable('broke off its answer', { cause: error })
  }
  if (size > maxBytes) throw new Faulty(`answered more than ${maxBytes} bytes`)
  return Buffer.concat(chunks).toString('utf8')
}

function parsed(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text)
  } catch {
    throw new Faulty('did not answer in JSON')
  }
}

function problemOf(status: number, body: unknown): Problem {
  const member = (key: string): unknown =>
    typeof body === 'object' && body !== null ? Reflect.get(body, key) : undefined
  const code = member('code')
  const detail = member('detail')
  return {
    status,
    code: typeof code === 'string' ? code : null,
    detail: typeof detail === 'string' ? detail : `status ${status}`,
    body,
  }
}
