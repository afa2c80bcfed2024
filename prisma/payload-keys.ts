import type { Database } from './client.ts'

/** A key that has encrypted: its name, what tells it from another of that name, and when it last did. */
export type UsedKey = { readonly id: string; readonly fingerprint: string; readonly lastUsedAt: Date }

/** Notes that a key encrypts now; another secret under a name that is known changes nothing. */
export async function notePayloadKey(db: Database, { id, fingerprint }: Omit<UsedKey, 'lastUsedAt'>): Promise<void> {
  await db.$executeRaw`
    INSERT INTO payload_keys AS known (id, fingerprint, last_used_at) VALUES (${id}, ${fingerprint}, now())
    ON CONFLICT (id) DO UPDATE SET last_used_at = now() WHERE known.fingerprint = excluded.fingerprint`
}

/** Every key that has encrypted. */
export function listPayloadKeys(db: Database): Promise<UsedKey[]> {
  return db.payloadKey.findMany({ orderBy: { id: 'asc' } })
}

/** The names of the keys that the stored secrets of webhook endpoints are encrypted with. */
export async function keysOfSecrets(db: Database): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT DISTINCT split_part(secret, ':', 2) AS id
    FROM (SELECT secret FROM webhook_endpoints UNION ALL SELECT previous_secret FROM webhook_endpoints WHERE previous_until > now()) AS stored
    WHERE secret LIKE 'sealed:%' ORDER BY 1`
  return rows.map(({ id }) => id)
}
