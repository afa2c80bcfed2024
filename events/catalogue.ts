import { z } from 'zod'
import { PROFILES } from '../profiles/index.ts'
import { PROFILE_NAMES, type ProfileName } from '../profiles/profile.ts'
import { BOOKING_CHANGED, CHANGED_EVENT } from './payloads/changed.ts'
import { CLINIC_EVENTS } from './payloads/clinic.ts'
import { COURSE_EVENTS } from './payloads/course.ts'
import type { EventDefinition } from './payloads/definition.ts'
import { TICKETING_EVENTS } from './payloads/ticketing.ts'
import { TUTORING_EVENTS } from './payloads/tutoring.ts'
import { VENUE_EVENTS } from './payloads/venue.ts'

const DEFINED: { readonly [Name in ProfileName]: readonly EventDefinition[] } = {
  tutoring: TUTORING_EVENTS,
  clinic: CLINIC_EVENTS,
  ticketing: TICKETING_EVENTS,
  venue: VENUE_EVENTS,
  course: COURSE_EVENTS,
}

/** An event type as a profile publishes it. */
export type CatalogueEntry = EventDefinition & { readonly profile: ProfileName; readonly topic: string }

/** Everything that leaves for the stream, by profile, in the order of its document (K-02, K-03). */
export const CATALOGUE: readonly CatalogueEntry[] = PROFILE_NAMES.flatMap((profile) => {
  const { topic } = PROFILES[profile].events
  return [...DEFINED[profile], CHANGED_EVENT].map((event) => ({
    ...event,
    profile,
    topic: topic === 'per_type' ? event.type : topic.name,
  }))
})

const BY_NAME = new Map(CATALOGUE.map((entry) => [`${entry.profile} ${entry.type}`, entry]))

/** The entry of an event type; throws when the profile does not know it. */
export function entryOf(profile: string, type: string): CatalogueEntry {
  const entry = BY_NAME.get(`${profile} ${type}`)
  if (entry === undefined) throw new Error(`the profile ${profile} has no event ${type}`)
  return entry
}

/** The topics that the profiles publish to. */
export function publishedTopics(): string[] {
  return [...new Set(CATALOGUE.map(({ topic }) => topic))]
}

/** Does a change of a booking make it yet? What makes the others comes with what they tell of. */
export function isPublished({ profile, type }: CatalogueEntry): boolean {
  return type === BOOKING_CHANGED || Object.values(PROFILES[profile].events.on).some((types) => types.includes(type))
}

/** The payload of an event type as JSON Schema. Fields may come to it: readers must not mind those they do not know. */
export function jsonSchemaOf({ profile, type, summary, schema }: CatalogueEntry): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    override: ({ jsonSchema }) => {
      delete jsonSchema.additionalProperties
      // The format says it; the expression behind it is the library's and changes with it.
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
    },
  })
  return { $schema, $id: `urn:holdfast:schema:${profile}:${type}`, title: type, description: summary, ...rest }
}
