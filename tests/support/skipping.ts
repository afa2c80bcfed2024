import { inject, vi } from 'vitest'
import { registerSearchAttributes } from '../../temporal/search-attributes.ts'
import { beginNow } from './offers.ts'
import { startTimeServer } from './time-server.ts'
import { openWorld, type World, type WorldOptions } from './world.ts'

/** Is there no server that skips time on this machine? Tests that need one are then skipped, by name. */
export const cannotSkip = inject('shared').timeSkipping.path === null

/** A world whose time can be skipped: that of its workflows, of the API and of the sandbox. PostgreSQL's stays real. */
export type SkippingWorld = World & {
  /** An instant so many days and hours from now, on the hour, by the world's clock. */
  inDays(days: number, hours?: number): string
  /** Lets so many seconds pass; what falls due on the way is done on the way. */
  skip(seconds: number): Promise<void>
  /** Lets time pass until so many seconds after (negative: before) an instant. */
  skipTo(instant: string | null | undefined, seconds?: number): Promise<void>
}

const HOUR_MS = 3_600_000

/** How often the clocks are set while time is being skipped, in milliseconds. */
const FOLLOW_MS = 10

/** Opens a world on a time-skipping server of its own; close it in `afterAll`. One per test process: the process's clock follows it. */
export async function openSkippingWorld(options: Omit<WorldOptions, 'temporal'> = {}): Promise<SkippingWorld> {
  const { path, reason } = inject('shared').timeSkipping
  if (path === null) throw new Error(reason ?? 'there is no time-skipping server')
  const server = await startTimeServer(path)
  const clock = shiftedClock()
  let world: World
  try {
    await registerSearchAttributes({ TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: 'default' })
    world = await openWorld({ ...options, temporal: { address: server.address } })
  } catch (error) {
    await server.stop()
    throw error
  }

  const follow = async () => clock.setTo(await server.now())
  const skip = async (milliseconds: number) => {
    const following = setInterval(() => void follow().catch(() => undefined), FOLLOW_MS)
    try {
      await server.skip(milliseconds)
    } finally {
      clearInterval(following)
      await follow()
    }
    // What the payment service had to do and to tell by now.
    await world.service.post('/control/webhooks/flush', {})
  }
  // Tokens run out as time is skipped, so each request has a new one.
  const as: World['as'] = async (role, sub) => {
    const somebody = async () => {
      const { body } = await world.service.post<{ access_token: string }>('/oauth/token', { sub, role })
      return world.withToken(body.access_token)
    }
    return {
      id: sub,
      get: async (...request) => (await somebody()).get(...request),
      post: async (...request) => (await somebody()).post(...request),
      put: async (...request) => (await somebody()).put(...request),
      delete: async (...request) => (await somebody()).delete(...request),
    }
  }
  return {
    ...world,
    as,
    inDays: (days, hours = 0) => {
      const nextHour = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS
      return new Date(nextHour + (24 * days + hours) * HOUR_MS).toISOString()
    },
    skip: (seconds) => skip(seconds * 1000),
    skipTo: async (instant, seconds = 0) => {
      const wait = Date.parse(instant ?? '') + seconds * 1000 - (await server.now())
      if (!(wait > 0)) throw new Error(`${instant ?? 'no instant'} plus ${seconds} s is not ahead`)
      await skip(wait)
    },
    async close(options) {
      try {
        await world.close(options)
      } finally {
        clock.restore()
        beginNow()
        await server.stop()
      }
    },
  }
}

/** Puts a clock into this process that can be set; it goes on from there. Timers stay as they are. */
function shiftedClock(): { setTo(epochMilliseconds: number): void; restore(): void } {
  const Real = Date
  let ahead = 0
  const now = () => Real.now() + ahead
  vi.stubGlobal(
    'Date',
    new Proxy(Real, {
      construct: (target, args: unknown[], newTarget: new () => Date) =>
        Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget === Date ? target : newTarget) as Date,
      get: (target, property) => (property === 'now' ? now : Reflect.get(target, property)),
    }),
  )
  return {
    setTo: (epochMilliseconds) => {
      ahead = epochMilliseconds - Real.now()
    },
    restore: () => vi.unstubAllGlobals(),
  }
}
