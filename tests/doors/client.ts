import { expect } from 'vitest'
import type { z } from 'zod'
import { caller, type Caller } from '../support/caller.ts'
import type { World } from '../support/world.ts'

type Role = Parameters<World['as']>[0]

/** A client of one door, as somebody; the base URL is all that it knows of Holdfast. */
export async function atDoor(world: World, door: string, role: Role, sub: string): Promise<Caller> {
  return caller(`${world.apiUrl}/doors/${door}`, sub, await tokenOf(world, role, sub))
}

/** A token for each of some people, by the name that a client has for them. */
export async function tokens(
  world: World,
  people: Readonly<Record<string, readonly [Role, string]>>,
): Promise<Record<string, string>> {
  const known = Object.entries(people).map(async ([name, [role, sub]]) => [name, await tokenOf(world, role, sub)])
  return Object.fromEntries(await Promise.all(known)) as Record<string, string>
}

async function tokenOf(world: World, role: Role, sub: string): Promise<string> {
  const { body } = await world.service.post<{ access_token: string }>('/oauth/token', { sub, role })
  return body.access_token
}

/** The answer of a call, checked against the document's own model: a field too many or too few fails. */
export async function expecting<Schema extends z.ZodType>(
  status: number,
  schema: Schema,
  answer: Promise<{ status: number; body: unknown }>,
): Promise<z.infer<Schema>> {
  const { status: given, body } = await answer
  expect({ status: given, body }).toMatchObject({ status })
  const read = schema.safeParse(body)
  expect(read.error?.issues ?? [], JSON.stringify(body)).toEqual([])
  return read.data!
}
