import type { Redis } from './redis.ts'

/** Texts by key, for a while. None of it may be missed, so nothing here throws: what cannot be read is not there. */
export type CacheStore = {
  read(keys: readonly string[]): Promise<readonly (string | null)[]>
  write(entries: readonly (readonly [key: string, text: string])[], seconds: number): Promise<void>
  forget(keys: readonly string[]): Promise<void>
}

/** In this process, the entries written last; `now` in epoch milliseconds. */
export function memoryStore(maxEntries = 20_000, now: () => number = Date.now): CacheStore {
  const entries = new Map<string, { readonly text: string; readonly until: number }>()
  return {
    read: (keys) =>
      Promise.resolve(
        keys.map((key) => {
          const entry = entries.get(key)
          return entry !== undefined && entry.until > now() ? entry.text : null
        }),
      ),
    write(written, seconds) {
      for (const [key, text] of written) {
        // Written anew it is the last one again.
        entries.delete(key)
        entries.set(key, { text, until: now() + seconds * 1000 })
      }
      for (const key of entries.keys()) {
        if (entries.size <= maxEntries) break
        entries.delete(key)
      }
      return Promise.resolve()
    },
    forget(keys) {
      for (const key of keys) entries.delete(key)
      return Promise.resolve()
    },
  }
}

/**
 * In Redis, shared between replicas, under a prefix. `local` gets everything too, and answers while Redis is away: it may be older than what
 * another replica knows, never older than its reader allows.
 */
export function redisStore(redis: Redis, prefix: string, local: CacheStore): CacheStore {
  const named = (key: string) => `${prefix}${key}`
  return {
    async read(keys) {
      if (keys.length === 0) return []
      try {
        return await redis.ask(() => redis.client.mGet(keys.map(named)))
      } catch {
        return local.read(keys)
      }
    },
    async write(entries, seconds) {
      await local.write(entries, seconds)
      if (entries.length === 0) return
      try {
        await redis.ask(async () => {
          const batch = redis.client.multi()
          for (const [key, text] of entries) batch.set(named(key), text, { EX: Math.ceil(seconds) })
          await batch.exec()
        })
      } catch {
        // The next one who asks the service writes it again.
      }
    },
    async forget(keys) {
      await local.forget(keys)
      if (keys.length === 0) return
      await redis.ask(() => redis.client.del(keys.map(named))).catch(() => undefined)
    },
  }
}
