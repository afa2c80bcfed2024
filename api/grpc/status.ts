import { Metadata, status as Status, type StatusObject } from '@grpc/grpc-js'
import { isFailureCode, type FailureCode, type Fault, type Refusal } from '../../domain/failures.ts'
import { invalid, problemOf } from '../problems.ts'
import type { Any } from './generated/google/protobuf/any.ts'
import { BadRequest, ErrorInfo, RetryInfo } from './generated/google/rpc/error_details.ts'
import { Status as RpcStatus } from './generated/google/rpc/status.ts'

/** From a failure's name to its gRPC status; the name itself is the `reason` of the ErrorInfo. */
export const GRPC_STATUS_OF: Readonly<Record<FailureCode, Status>> = {
  malformed: Status.INVALID_ARGUMENT,
  validation_failed: Status.INVALID_ARGUMENT,
  unauthenticated: Status.UNAUTHENTICATED,
  forbidden: Status.PERMISSION_DENIED,
  not_found: Status.NOT_FOUND,
  sold_out: Status.FAILED_PRECONDITION,
  hold_expired: Status.FAILED_PRECONDITION,
  version_conflict: Status.ABORTED,
  illegal_transition: Status.FAILED_PRECONDITION,
  policy_forbids: Status.FAILED_PRECONDITION,
  idempotency_mismatch: Status.ALREADY_EXISTS,
  payload_too_large: Status.RESOURCE_EXHAUSTED,
  unsupported_media_type: Status.INVALID_ARGUMENT,
  rate_limited: Status.RESOURCE_EXHAUSTED,
  unavailable: Status.UNAVAILABLE,
}

/** A problem document as it came from the HTTP API. */
export type ProblemBody = Readonly<Record<string, unknown>>

/** A call that the API refused, with its problem document; `retryAfter` in seconds when the answer said so. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused'
  readonly problem: ProblemBody
  readonly retryAfter: number | null

  constructor(problem: ProblemBody, retryAfter: number | null = null) {
    super(typeof problem['detail'] === 'string' ? problem['detail'] : 'The call was refused.')
    this.problem = problem
    this.retryAfter = retryAfter
  }

  /** The same refusal, its faults' pointers rewritten. */
  naming(names: Names): CallRefused {
    const faults = faultsOf(this.problem)
    if (faults.length === 0) return this
    const errors = faults.map(({ pointer, message }) => ({
      pointer: names.reduce((renamed, [from, to]) => renamed.replace(from, to), pointer),
      message,
    }))
    return new CallRefused({ ...this.problem, errors, detail: invalid(...errors).message }, this.retryAfter)
  }
}

/** Parts of JSON pointers, and what a service's messages have instead. */
export type Names = readonly (readonly [RegExp, string])[]

function faultsOf({ errors }: ProblemBody): readonly Fault[] {
  return Array.isArray(errors) ? (errors as Fault[]) : []
}

/** A refusal of the gRPC edge itself, in the words of the HTTP API. */
export function refused(refusal: Refusal): CallRefused {
  const problem = problemOf(refusal)
  return new CallRefused(problem, problem.status === 503 ? 2 : null)
}

/** Other implementations take 8 KB of headers, the details among them. */
const MAX_TEXT = 500
const MAX_FAULTS = 10
const MAX_POINTER = 100
const MAX_FAULT = 150

/**
 * A refusal as a gRPC status, its details a google.rpc.Status in `grpc-status-details-bin`: ErrorInfo (the code, and the problem's further members as
 * JSON text), BadRequest (a JSON pointer per fault), RetryInfo.
 */
export function statusOf({ problem, retryAfter, message }: CallRefused): StatusObject {
  const code = codeOf(problem)
  // What cannot be put into a header would break the connection.
  const details = shortened(message)
  const metadata = new Metadata()
  const packed = RpcStatus.encode({
    code,
    message: details,
    details: [
      packedAs('ErrorInfo', ErrorInfo.encode(infoOf(problem)).finish()),
      ...badRequestOf(problem),
      ...(retryAfter === null
        ? []
        : [packedAs('RetryInfo', RetryInfo.encode({ retry_delay: { seconds: retryAfter, nanos: 0 } }).finish())]),
    ],
  }).finish()
  metadata.set('grpc-status-details-bin', Buffer.from(packed))
  return { code, details, metadata }
}

function codeOf(problem: ProblemBody): Status {
  if (problem['status'] === 500) return Status.INTERNAL
  const name = problem['code']
  return isFailureCode(name) ? GRPC_STATUS_OF[name] : Status.INTERNAL
}

const COMMON_MEMBERS = new Set(['type', 'title', 'status', 'code', 'detail', 'errors', 'booking'])

/** The booking of a conflict is left to a Get: it is larger than headers may be. */
function infoOf(problem: ProblemBody): ErrorInfo {
  const members = Object.entries(problem).filter(([name]) => !COMMON_MEMBERS.has(name))
  const metadata = new Map(
    members.map(([name, value]) => [name, shortened(typeof value === 'string' ? value : JSON.stringify(value))]),
  )
  return { reason: String(problem['code']), domain: 'holdfast', metadata }
}

function badRequestOf(problem: ProblemBody): Any[] {
  const faults = faultsOf(problem)
  if (faults.length === 0) return []
  const field_violations = faults.slice(0, MAX_FAULTS).map(({ pointer, message }) => ({
    field: shortened(pointer, MAX_POINTER),
    description: shortened(message, MAX_FAULT),
  }))
  return [packedAs('BadRequest', BadRequest.encode({ field_violations }).finish())]
}

function packedAs(name: string, value: Uint8Array): Any {
  return { type_url: `type.googleapis.com/google.rpc.${name}`, value: Buffer.from(value) }
}

function shortened(text: string, length = MAX_TEXT): string {
  return (text.length > length ? `${text.slice(0, length)}…` : text).toWellFormed()
}
