import { z } from 'zod'
import { isUnavailable } from '../domain/failures.ts'
import type { Money } from '../domain/money.ts'
import type { CacheStore } from './cache-store.ts'
import type { Catalogue, CatalogueEvent, Course, Courses, Directory, Tutor } from './ports.ts'

/** How old an answer may be: `freshSeconds` without asking, `staleSeconds` at the most while the service is down, if its reader allows. 0: never. */
export type CacheAges = { readonly freshSeconds: number; readonly staleSeconds: number }

const MoneySchema: z.ZodType<Money> = z.object({ amount: z.int().nonnegative(), currency: z.string() })
const TutorSchema: z.ZodType<Tutor> = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  hourlyRate: MoneySchema,
})
const EventSchema: z.ZodType<CatalogueEvent> = z.object({
  id: z.string(),
  name: z.string(),
  venue: z.object({ id: z.string(), name: z.string() }).nullable(),
  startsAt: z.string().nullable(),
  onSale: z.boolean(),
  currency: z.string(),
})

const CourseSchema: z.ZodType<Course> = z.object({
  id: z.string(),
  title: z.string(),
  price: MoneySchema,
  onSale: z.boolean(),
})

/** A catalogue whose answers are kept for a while (O-06), and serve while it is down for as long as the policy of what is sold allows (E-05). */
export function cachedCatalogue(catalogue: Catalogue, store: CacheStore, ages: CacheAges): Catalogue {
  const events = remembering(store, ages, EventSchema)
  const prices = remembering(store, ages, MoneySchema)
  return {
    async event(eventId, staleSeconds = 0) {
      const key = keyOf('event', eventId)
      const known = await events([key], staleSeconds, async () => oneOf(key, await catalogue.event(eventId)))
      return known.get(key) ?? null
    },
    async seatPrices(eventId, seatIds, staleSeconds = 0) {
      const seatOf = new Map(seatIds.map((seatId) => [keyOf('seat', eventId, seatId), seatId]))
      const known = await prices([...seatOf.keys()], staleSeconds, async (keys) => {
        const asked = keys.map((key) => seatOf.get(key) ?? '')
        const answer = await catalogue.seatPrices(eventId, asked)
        return new Map([...answer].map(([seatId, price]) => [keyOf('seat', eventId, seatId), price]))
      })
      return new Map([...known].map(([key, price]) => [seatOf.get(key) ?? '', price]))
    },
  }
}

/** A directory whose tutors and their rates are kept for a while; who people and pets are is asked each time. */
export function cachedDirectory(directory: Directory, store: CacheStore, ages: CacheAges): Directory {
  const tutors = remembering(store, ages, TutorSchema)
  return {
    user: (id) => directory.user(id),
    pet: (id) => directory.pet(id),
    clinic: (id) => directory.clinic(id),
    async tutor(id, staleSeconds = 0) {
      const key = keyOf('tutor', id)
      return (await tutors([key], staleSeconds, async () => oneOf(key, await directory.tutor(id)))).get(key) ?? null
    },
  }
}

/** Courses, kept and used like the catalogue's events. */
export function cachedCourses(courses: Courses, store: CacheStore, ages: CacheAges): Courses {
  const kept = remembering(store, ages, CourseSchema)
  return {
    async course(id, staleSeconds = 0) {
      const key = keyOf('course', id)
      return (await kept([key], staleSeconds, async () => oneOf(key, await courses.course(id)))).get(key) ?? null
    },
  }
}

/** Says that something changed where it comes from: what is kept of it is asked for anew. Ids are those of the master data that is consumed. */
export type Forget = (kind: 'user' | 'pet' | 'clinic' | 'service', id: string) => Promise<void>

/** A tutor is a user, and what is booked is a service; nothing is kept of the others. */
export function forgetting(store: CacheStore): Forget {
  return async (kind, id) => {
    if (kind === 'user') await store.forget([keyOf('tutor', id)])
    if (kind === 'service') await store.forget([keyOf('event', id), keyOf('course', id)])
  }
}

type Asked<Value> = (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>

/**
 * Values by key: the fresh ones as they are kept, the others asked for. What the service does not know any more is forgotten. An age counts from
 * before the question, so that no answer is taken for younger than it is.
 */
function remembering<Value>(store: CacheStore, { freshSeconds, staleSeconds }: CacheAges, schema: z.ZodType<Value>) {
  const Kept = z.object({ at: z.int(), value: schema })
  return async (keys: readonly string[], allowedSeconds: number, ask: Asked<Value>): Promise<Map<string, Value>> => {
    const keepSeconds = Math.max(freshSeconds, staleSeconds)
    if (keepSeconds === 0) return new Map(await ask(keys))
    const texts = await store.read(keys)
    const now = Date.now()
    const kept = new Map(
      keys.flatMap((key, index) => {
        const entry = Kept.safeParse(parsed(texts[index]))
        return entry.success ? [[key, entry.data] as const] : []
      }),
    )
    const isWithin = (key: string, seconds: number) => now - (kept.get(key)?.at ?? -Infinity) < seconds * 1000
    const values = (wanted: readonly string[]) =>
      wanted.flatMap((key) => {
        const entry = kept.get(key)
        return entry === undefined ? [] : [[key, entry.value] as const]
      })
    const old = keys.filter((key) => !isWithin(key, freshSeconds))
    if (old.length === 0) return new Map(values(keys))
    try {
      const answer = await ask(old)
      await store.write(
        [...answer].map(([key, value]) => [key, JSON.stringify({ at: now, value })] as const),
        keepSeconds,
      )
      await store.forget(old.filter((key) => kept.has(key) && !answer.has(key)))
      return new Map([...values(keys.filter((key) => !old.includes(key))), ...answer])
    } catch (error) {
      const boundSeconds = Math.min(staleSeconds, allowedSeconds)
      if (isUnavailable(error) && old.every((key) => isWithin(key, boundSeconds))) return new Map(values(keys))
      throw error
    }
  }
}

function oneOf<Value>(key: string, value: Value | null): ReadonlyMap<string, Value> {
  return new Map(value === null ? [] : [[key, value]])
}

/** No two lists of parts have one key. */
function keyOf(...parts: readonly string[]): string {
  return parts.map(encodeURIComponent).join(':')
}

function parsed(text: string | null | undefined): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : null
  } catch {
    return null
  }
}
