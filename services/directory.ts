import { z } from 'zod'
import type { HttpClient, Problem } from './http.ts'
import type { Directory, Person, Pet, Tutor } from './ports.ts'

const PersonSchema: z.ZodType<Person> = z.object({
  id: z.string(),
  name: z.string().nullable(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
})

const TutorSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    email: z.string().nullish(),
    hourly_rate: z.object({ amount: z.int().nonnegative(), currency: z.string() }),
  })
  .transform(({ hourly_rate, email, ...tutor }): Tutor => ({ ...tutor, email: email ?? null, hourlyRate: hourly_rate }))

const PetSchema = z
  .object({ id: z.string(), owner_id: z.string(), name: z.string(), species: z.string(), breed: z.string().nullish() })
  .transform(({ owner_id, breed, ...pet }): Pet => ({ ...pet, ownerId: owner_id, breed: breed ?? null }))

/** The directory port over HTTP (S-06). */
export function httpDirectory(client: HttpClient): Directory {
  const read =
    <Entry>(kind: string, answer: z.ZodType<Entry>) =>
    (id: string): Promise<Entry | null> =>
      client.call<Entry | null>({ method: 'GET', path: `/internal/${kind}/${encodeURIComponent(id)}`, answer }, absent)
  return {
    user: read('users', PersonSchema),
    tutor: read('tutors', TutorSchema),
    pet: read('pets', PetSchema),
  }
}

function absent({ status, detail }: Problem): null {
  if (status === 404) return null
  throw new Error(`answered ${status}: ${detail}`)
}
