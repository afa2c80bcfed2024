import { Metadata, status, type handleUnaryCall } from '@grpc/grpc-js'
import type { Hono } from 'hono'
import type { SandboxEnv } from '../http/env.ts'

/** A route of the sandbox asked from within: what it does, keeps and gets wrong is the same over gRPC as over HTTP. */
export type Ask = (
  method: 'GET' | 'POST',
  path: string,
  body?: object,
  /** Problems that the method answers with all the same. */
  accept?: (problem: Record<string, unknown>, status: number) => Record<string, unknown> | undefined,
) => Promise<Record<string, unknown>>

/** The statuses of HTTP as gRPC has them; 402 stands for a bank that says no for good. A reset socket is 599 here, and UNAVAILABLE. */
const STATUS: Readonly<Record<number, status>> = {
  400: status.INVALID_ARGUMENT,
  401: status.UNAUTHENTICATED,
  402: status.FAILED_PRECONDITION,
  403: status.PERMISSION_DENIED,
  404: status.NOT_FOUND,
  409: status.FAILED_PRECONDITION,
  413: status.RESOURCE_EXHAUSTED,
  422: status.INVALID_ARGUMENT,
  429: status.RESOURCE_EXHAUSTED,
  503: status.UNAVAILABLE,
  504: status.DEADLINE_EXCEEDED,
  599: status.UNAVAILABLE,
}

/** Thrown on the way to a caller over gRPC. */
class GrpcProblem extends Error {
  readonly code: status

  constructor(code: status, message: string) {
    super(message)
    this.name = 'GrpcProblem'
    this.code = code
  }
}

/** A unary method that is answered by routes. The key of the operation comes along as `idempotency-key`. */
export function unary<Request, Answer>(
  app: Hono<SandboxEnv>,
  work: (request: Request, ask: Ask) => Promise<Answer>,
): handleUnaryCall<Request, Answer> {
  const respond = async (...[call, callback]: Parameters<handleUnaryCall<Request, Answer>>) => {
    const outcome = await settled(work(call.request, asking(app, call.metadata)))
    if ('answer' in outcome) callback(null, outcome.answer)
    else callback({ ...outcome, metadata: new Metadata() })
  }
  return (call, callback) => void respond(call, callback)
}

async function settled<Answer>(work: Promise<Answer>): Promise<{ answer: Answer } | { code: status; details: string }> {
  try {
    return { answer: await work }
  } catch (error) {
    const code = error instanceof GrpcProblem ? error.code : status.INTERNAL
    return { code, details: error instanceof Error ? error.message : String(error) }
  }
}

/** A refund that did not work this time may be tried again under its key, which is what ABORTED says. */
const CODE_STATUS: Readonly<Record<string, status>> = {
  refund_failed: status.ABORTED,
  amount_too_large: status.OUT_OF_RANGE,
}

function asking(app: Hono<SandboxEnv>, metadata: Metadata): Ask {
  const [key] = metadata.get('idempotency-key')
  return async (method, path, body, accept) => {
    const response = await app.request(path, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(key !== undefined && { 'idempotency-key': key.toString() }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const answer = (await response.json()) as Record<string, unknown>
    if (response.ok) return answer
    const accepted = accept?.(answer, response.status)
    if (accepted !== undefined) return accepted
    const code = CODE_STATUS[String(answer['code'])] ?? STATUS[response.status] ?? status.INTERNAL
    throw new GrpcProblem(code, String(answer['detail']))
  }
}
