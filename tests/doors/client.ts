import { expect } from 'vitest'
import type { z } from 'zod'
import { caller, type Caller } from '../support/caller.ts'
import type { World } from '../support/world.ts'

type Role = Parameters<World['as']>[0]

/** A client of one door, as somebody; the base URL is all that it knows of Holdfast. */
export async function atDoor(world: World, door: string, role: Role, sub: string): Promise<Caller> {
  const { body } = await world.service.post<{ access_token: string }>('/oauth/token', { sub, role })
  return caller(`${world.apiUrl}/doors/${door}`, sub, body.access_token)
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
