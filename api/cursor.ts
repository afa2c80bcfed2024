import { z } from 'zod'
import { invalid } from './problems.ts'
import { InstantText, Uuid } from './schemas/common.ts'

const Position = z.tuple([InstantText, Uuid])

/** Where a page ended: creation time and id of its last booking, so that rows added meanwhile move nothing. */
export type Position = { readonly createdAt: Date; readonly id: string }

export function writeCursor(createdAt: Date, id: string): string {
  return Buffer.from(JSON.stringify([createdAt.toISOString(), id])).toString('base64url')
}

/** Throws `validation_failed` for text that is not a cursor of ours. */
export function readCursor(cursor: string): Position {
  const position = Position.safeParse(parsed(cursor))
  const [createdAt, id] = position.data ?? ['', '']
  // Base64 is read generously: only what we would have written is ours.
  if (!position.success || writeCursor(new Date(createdAt), id) !== cursor) {
    throw invalid({ pointer: '/cursor', message: 'is not a next_cursor of ours' })
  }
  return { createdAt: new Date(createdAt), id }
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return null
  }
}
