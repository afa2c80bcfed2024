import { clinic } from './clinic.ts'
import { course } from './course.ts'
import type { Profile, ProfileName } from './profile.ts'
import { ticketing } from './ticketing.ts'
import { tutoring } from './tutoring.ts'
import { venue } from './venue.ts'

/** The profiles by name. A sixth business is a file like its neighbours and a line here. */
export const PROFILES: { readonly [Name in ProfileName]: Profile } = { tutoring, clinic, ticketing, venue, course }

/** The profile of a name, or undefined when there is none. */
export function profileNamed(name: string): Profile | undefined {
  return Object.values(PROFILES).find((profile) => profile.name === name)
}
