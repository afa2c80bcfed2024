import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, cpSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { status as Status } from '@grpc/grpc-js'
import { afterAll, describe, expect, test } from 'vitest'
import { ErrorInfo } from '../../api/grpc/generated/google/rpc/error_details.ts'
import { Status as RpcStatus } from '../../api/grpc/generated/google/rpc/status.ts'
import { CallRefused, refused, statusOf } from '../../api/grpc/status.ts'
import { FAILURE_CODES, type FailureCode } from '../../domain/failures.ts'
import { generateProto } from '../../stack/proto-generate.ts'

const GRPC = join(import.meta.dirname, '..', '..', 'api', 'grpc')
const PROTO = join(import.meta.dirname, '..', '..', 'api', 'proto')
const folder = mkdtempSync(join(tmpdir(), 'holdfast-proto-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What clients were promised. */
const STATUS: Readonly<Record<FailureCode, keyof typeof Status>> = {
  malformed: 'INVALID_ARGUMENT',
  validation_failed: 'INVALID_ARGUMENT',
  unauthenticated: 'UNAUTHENTICATED',
  forbidden: 'PERMISSION_DENIED',
  not_found: 'NOT_FOUND',
  sold_out: 'FAILED_PRECONDITION',
  hold_expired: 'FAILED_PRECONDITION',
  version_conflict: 'ABORTED',
  illegal_transition: 'FAILED_PRECONDITION',
  policy_forbids: 'FAILED_PRECONDITION',
  idempotency_mismatch: 'ALREADY_EXISTS',
  payload_too_large: 'RESOURCE_EXHAUSTED',
  unsupported_media_type: 'INVALID_ARGUMENT',
  rate_limited: 'RESOURCE_EXHAUSTED',
  unavailable: 'UNAVAILABLE',
}

describe('a refusal as a gRPC status', () => {
  test.each(FAILURE_CODES)('O-05 A-32 %s has a status of its own meaning, and its name in the details', (code) => {
    const { code: status, metadata } = statusOf(refused({ code, message: 'No.', details: { item_ids: ['1'] } }))
    expect(Status[status]).toBe(STATUS[code])
    const rpc = RpcStatus.decode(Buffer.from(metadata.get('grpc-status-details-bin')[0]!))
    expect(rpc).toMatchObject({ code: status, message: 'No.' })
    const info = ErrorInfo.decode(rpc.details[0]!.value)
    expect(info).toEqual({ reason: code, domain: 'holdfast', metadata: new Map([['item_ids', '["1"]']]) })
  })

  test('O-05 a fault of our own is INTERNAL, and what is said fits into headers', () => {
    const fault = new CallRefused({ status: 500, code: 'unavailable', detail: 'Something went wrong here.' })
    expect(Status[statusOf(fault).code]).toBe('INTERNAL')
    const errors = Array.from({ length: 500 }, (_, index) => ({ pointer: `/items/${index}`, message: 'x'.repeat(999) }))
    const long = { code: 'validation_failed', message: 'x'.repeat(9999), details: { errors } } as const
    const { details, metadata } = statusOf(refused(long))
    const [packed] = metadata.get('grpc-status-details-bin')
    expect(details.length + Buffer.from(packed!).toString('base64').length).toBeLessThan(8000)
    expect(() => encodeURI(statusOf(refused({ code: 'malformed', message: 'half \ud800' })).details)).not.toThrow()
  })
})

describe('what is generated from the protobuf files', () => {
  test('G-01 G-02 G-03 G-04 is what they say now: if not, npm run proto', () => {
    generateProto({ folder })
    expect(filesIn(folder)).toEqual(filesIn(GRPC, /^(generated[/\\].*|descriptor\.binpb)$/))
  }, 60_000)

  test('G-01 a change that would break clients is refused', () => {
    const changed = join(folder, 'proto')
    cpSync(PROTO, changed, { recursive: true })
    const file = join(changed, 'holdfast', 'v1', 'order.proto')
    writeFileSync(file, readFileSync(file, 'utf8').replace('string event_id = 2', 'int64 event_id = 2'))
    expect(() => generateProto({ folder, proto: changed })).toThrow(/buf breaking failed[^]*"event_id"/)
  }, 60_000)
})

/** Files by path, as text. */
function filesIn(root: string, wanted = /./): Record<string, string> {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\.\w+$/.test(path) && wanted.test(path),
  )
  return Object.fromEntries(paths.toSorted().map((path) => [path, readFileSync(join(root, path)).toString('latin1')]))
}
