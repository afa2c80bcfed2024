import { z } from 'zod'
import type { HttpClient, Problem } from './http.ts'
import type { Clinic, Course, Courses, Directory, Person, Pet, Tutor, Users } from './ports.ts'

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

const ClinicSchema = z
  .object({ id: z.string(), name: z.string(), address: z.string().nullish(), phone: z.string().nullish() })
  .transform(({ address, phone, ...clinic }): Clinic => ({ ...clinic, address: address ?? null, phone: phone ?? null }))

const CourseSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    price: z.object({ amount: z.int().nonnegative(), currency: z.string() }),
    is_published: z.boolean(),
  })
  .transform(({ is_published, ...course }): Course => ({ ...course, onSale: is_published }))

/** The directory port over HTTP (S-06). */
export function httpDirectory(client: HttpClient): Directory {
  return {
    ...httpUsers(client),
    tutor: reader(client, 'tutors', TutorSchema),
    pet: reader(client, 'pets', PetSchema),
    clinic: reader(client, 'clinics', ClinicSchema),
  }
}

/** The users port over HTTP (S-06). */
export function httpUsers(client: HttpClient): Users {
  return { user: reader(client, 'users', PersonSchema) }
}

/** The courses port over HTTP (S-06). */
export function httpCourses(client: HttpClient): Courses {
  return { course: reader(client, 'courses', CourseSchema) }
}

function reader<Entry>(client: HttpClient, kind: string, answer: z.ZodType<Entry>) {
  return (id: string): Promise<Entry | null> =>
    client.call<Entry | null>({ method: 'GET', path: `/internal/${kind}/${encodeURIComponent(id)}`, answer }, absent)
}

function absent({ status, detail }: Problem): null {
  if (status === 404) return null
  throw new Error(`answered ${status}: ${detail}`)
}
