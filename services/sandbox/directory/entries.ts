import { z } from 'zod'
import { identifier, price, text } from '../http/fields.ts'
import type { Database } from '../store/database.ts'

const optionalText = text(500).nullable().default(null)
const id = identifier.optional()

/** The people and places of the directory [S-06], by the plural that their paths use. */
export const entrySchemas = {
  users: z.strictObject({ id, name: text(200), email: text(320), phone: optionalText }),
  tutors: z.strictObject({
    id,
    name: text(200),
    email: text(320),
    hourly_rate: price,
    subjects: z.array(text(100)).max(100).default([]),
  }),
  pets: z.strictObject({ id, owner_id: identifier, name: text(200), species: text(100), breed: optionalText }),
  clinics: z.strictObject({ id, name: text(200), address: optionalText, phone: optionalText }),
  courses: z.strictObject({ id, title: text(200), price, is_published: z.boolean() }),
} as const

export type EntryKind = keyof typeof entrySchemas

/** The entry as JSON, or undefined. */
export function findEntry(db: Database, kind: EntryKind, entryId: string): string | undefined {
  return db.get<{ entry: string }>('select entry from directory where kind = ? and id = ?', kind, entryId)?.entry
}

export function putEntry(db: Database, kind: EntryKind, entryId: string, entry: Record<string, unknown>): string {
  const json = JSON.stringify({ ...entry, id: entryId })
  db.run('insert or replace into directory (kind, id, entry) values (?, ?, ?)', kind, entryId, json)
  return json
}

/** A user who was not there before [S-07]. Whoever is there already stays as they are. */
export function ensureUser(db: Database, user: { id: string; name: string; email: string }): void {
  db.run(
    `insert or ignore into directory (kind, id, entry) values ('users', ?, ?)`,
    user.id,
    JSON.stringify({ ...user, phone: null }),
  )
}
