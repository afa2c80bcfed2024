import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findRedis, startRedis, type FoundRedis, type Redis } from '../../stack/redis.ts'
import { freePort } from './ports.ts'

/** A real Redis of one's own, for tests that end it, freeze it and start it again. */
export type OwnRedis = {
  readonly url: string
  /** Ends it as kill -9 does. */
  crash(): Promise<void>
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>
  /** Keeps it from doing anything, its connections open, until it is thawed. */
  freeze(): void
  thaw(): void
  close(): Promise<void>
}

/** What there is to start, or undefined: tests that need it name it and are skipped then. */
export async function redisToHave(): Promise<FoundRedis | undefined> {
  return findRedis({ ...process.env, REDIS_URL: '' }).catch(() => undefined)
}

/** Starts a Redis; close it in `afterAll`. */
export async function openOwnRedis(): Promise<OwnRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-redis-'))
  const [found, port] = [await findRedis({ ...process.env, REDIS_URL: '' }), await freePort()]
  const start = () => startRedis({ found, dataDir: folder, port, log: () => undefined })
  let redis: Redis = await start()
  const signal = (name: NodeJS.Signals) => {
    if (redis.service !== undefined && redis.service.ended() === undefined) process.kill(redis.service.pid, name)
  }
  const crash = async () => {
    redis.service?.force()
    await redis.service?.exited
  }
  return {
    url: redis.url,
    crash,
    async restart() {
      redis = await start()
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async close() {
      await crash()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
