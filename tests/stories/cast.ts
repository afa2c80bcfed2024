import { randomUUID } from 'node:crypto'
import { expect, inject } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { createClient, HoldfastProblem, WaitedTooLong, type Booking } from '../../clients/typescript/src/index.ts'
import { OPERATIONS } from '../../clients/typescript/src/operations.ts'
import { tokenFor } from '../../stack/sandbox-token.ts'
import { caller, type Answer, type Caller } from '../support/caller.ts'
import { eventually } from '../support/eventually.ts'

/** Somebody in a story, who talks to the API over HTTP with a token of their own. What they do is expected to work, unless it says otherwise. */
export type Person = {
  readonly id: string
  sees<Body = Record<string, unknown>>(path: string): Promise<Body>
  does<Body = BookingBody>(path: string, body?: object): Promise<Body>
  sets<Body = Record<string, unknown>>(path: string, body: object): Promise<Body>
  /** Tries what is not allowed, and answers with the problem document. */
  isRefused(path: string, body: object, method?: 'post' | 'put'): Promise<Record<string, unknown>>
  /** Looks at a booking until it stands as expected. */
  waitsFor(booking: Pick<BookingBody, 'id'>, expected: Partial<BookingBody>): Promise<BookingBody>
}

type Role = 'customer' | 'student' | 'provider' | 'operator'

/** Somebody of a role; the same name is the same person all through a file. They talk through the typed client (clients/typescript). */
export async function person(role: Role, name: string): Promise<Person> {
  const { api, sandbox } = inject('stack')
  const client = createClient({ url: api, token: await tokenFor(sandbox, { role, sub: name }) })
  const asks = <Body>(method: string, path: string, body?: object) => {
    const { operation, args } = operationAt(method, path)
    const call = client[operation] as (args: object) => Promise<unknown>
    return call({ ...args, ...(body !== undefined && { body }) }) as Promise<Body>
  }
  return {
    id: name,
    sees: (path) => asks('GET', path),
    does: (path, body = {}) => asks('POST', path, body),
    sets: (path, body) => asks('PUT', path, body),
    isRefused: async (path, body, method = 'post') => {
      const refusal = await asks(method.toUpperCase(), path, body).catch((error: unknown) => error)
      if (!(refusal instanceof HoldfastProblem)) throw new Error(`${path} was not refused: ${String(refusal)}`)
      return refusal.problem
    },
    waitsFor: async ({ id }, expected) => {
      const booking = await client
        .waitFor(id, (each) => isLike(each, expected), { timeoutMs: 30_000 })
        .catch((error: unknown) => {
          if (!(error instanceof WaitedTooLong)) throw error
          return error.last as Booking
        })
      expect(booking).toMatchObject(expected)
      return booking as BookingBody
    },
  }
}

function isLike(booking: Booking, expected: Partial<BookingBody>): boolean {
  try {
    expect(booking).toMatchObject(expected)
    return true
  } catch {
    return false
  }
}

/** The operation of a method and a path, with what the path and its query say. */
function operationAt(method: string, path: string): { operation: keyof typeof OPERATIONS; args: object } {
  const { pathname, searchParams } = new URL(path, 'http://api')
  // Where several fit, the one with the fewest names in it: /bookings/reference/… is no /bookings/{id}/….
  const places = Object.entries(OPERATIONS).toSorted(([, one], [, other]) => names(one.path) - names(other.path))
  for (const [operation, place] of places) {
    const found = new RegExp(`^${place.path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`).exec(pathname)
    if (place.method !== method || found === null) continue
    return {
      operation: operation as keyof typeof OPERATIONS,
      args: { ...Object.fromEntries(searchParams), ...found.groups },
    }
  }
  throw new Error(`no operation is at ${method} ${path}`)
}

function names(path: string): number {
  return path.split('{').length
}

/** Calls the sandbox: what other companies' services know, and the customer's bank. */
export function outside(): Caller {
  return caller(inject('stack').sandbox, 'outside', null)
}

/** The customer pays in their browser, at the payment service and not at ours. */
export async function pays(
  booking: Pick<BookingBody, 'reference' | 'payment'>,
  method = 'pm_card_visa',
  more: object = {},
): Promise<void> {
  const { payment } = booking
  expect(payment, `booking ${booking.reference} has something to be paid`).not.toBeNull()
  await paysIntent(payment?.intent_id, payment?.client_secret, method, more)
}

/** The customer pays what a change costs more, as soon as there is something to be paid. */
export async function paysForChange(customer: Person, { id }: Pick<BookingBody, 'id'>): Promise<void> {
  const payment = await eventually(async () => {
    const { change } = await customer.sees<BookingBody>(`/bookings/${id}`)
    expect(change?.payment?.client_secret).toBeTruthy()
    return change?.payment
  })
  await paysIntent(payment?.intent_id, payment?.client_secret)
}

async function paysIntent(
  intentId: unknown,
  clientSecret: unknown,
  method = 'pm_card_visa',
  more: object = {},
): Promise<void> {
  const path = `/api/v1/payments/intents/${String(intentId)}/confirm`
  well(await outside().post(path, { client_secret: clientSecret, payment_method: method, ...more }))
}

/** What really happened to the money of a booking, as the bank has it: minor units, taken and given back. */
export async function bankStatement(booking: Pick<BookingBody, 'id'>): Promise<{ taken: number; given: number }> {
  const lines = well(await outside().get<{ kind: string; amount: number }[]>(`/ledger?booking_id=${booking.id}`))
  const sum = (kind: string) => lines.reduce((all, line) => all + (line.kind === kind ? line.amount : 0), 0)
  return { taken: sum('captured'), given: sum('refunded') }
}

/** A name that no other story uses. */
export function unique(name: string): string {
  return `${name}-${randomUUID().slice(0, 8)}`
}

const HOUR_MS = 3_600_000
const NOON = Math.ceil(Date.now() / (24 * HOUR_MS)) * 24 * HOUR_MS + 12 * HOUR_MS

/** An instant so many days from now, so many hours after noon UTC. */
export function inDays(days: number, hours = 0): string {
  return new Date(NOON + (24 * days + hours) * HOUR_MS).toISOString()
}

function well<Body>({ status, body }: Answer<Body>): Body {
  expect(status, JSON.stringify(body)).toBeLessThan(300)
  return body
}
