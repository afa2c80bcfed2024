import type { Database } from './client.ts'

/**
 * Keeps what must not be in a history until it is written where it belongs (N-24, N-46), under an id that names the operation. Kept before, it stays as it was.
 */
export async function withhold(db: Database, id: string, data: object): Promise<void> {
  await db.$executeRaw`INSERT INTO withheld (id, data) VALUES (${id}, ${JSON.stringify(data)}::jsonb) ON CONFLICT (id) DO NOTHING`
}

/** Under which the secret of an intent is withheld: record_change looks for it there. */
export function secretOf(intentId: string): string {
  return `secret:${intentId}`
}

/** Deletes what nobody will come for. What is left by a crash goes by its age (retention.ts). */
export async function letGo(db: Database, id: string): Promise<void> {
  await db.$executeRaw`DELETE FROM withheld WHERE id = ${id}`
}
