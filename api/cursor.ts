import { z } from 'zod'
import { invalid } from './problems.ts'

const Position = z.tuple([z.iso.datetime(), z.uuid()])

/** Where a page ended: creation time and id of its last booking, so that rows added meanwhile move nothing. */
export type Position = { readonly createdAt: Date; readonly id: string }

export function writeCursor(createdAt: Date, id: string): string {
  return Buffer.from(JSON.stringify([createdAt.toISOString(), id])).toString('base64url')
}

/** Throws `validation_failed` for text that is not a cursor of ours. */
export function readCursor(cursor: string): Position {
  try {
    const [createdAt, id] = Position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
    return { createdAt: new Date(createdAt), id }
  } catch {
    throw invalid({ pointer: '/cursor', message: 'is not a next_cursor of ours' })
  }
}
