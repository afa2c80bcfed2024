import { randomBytes } from 'node:crypto'
import { Hono } from 'hono'
import { z } from 'zod'
import type { Named } from '../faults/strike.ts'
import { readBody } from '../http/body.ts'
import { answer, type Operations } from '../http/operation.ts'
import type { SandboxEnv } from '../http/env.ts'
import { identifier, instant, text } from '../http/fields.ts'

const meetingBody = z
  .strictObject({ booking_id: identifier, subject: text(200), start: instant, end: instant })
  .refine(({ start, end }) => start < end, { path: ['end'], message: 'must be after start' })

/** `POST /internal/meetings`: a link nobody can guess, the same one for the same key. */
export function meetingRoutes(named: Named, operations: Operations): Hono<SandboxEnv> {
  return new Hono<SandboxEnv>().post('/', named('meetings', 'create'), async (c) => {
    const body = await readBody(c, meetingBody)
    return operations.once(c, 'create_meeting', body, () =>
      answer(201, { url: `https://meet.sandbox.test/${randomBytes(15).toString('base64url')}` }),
    )
  })
}
