import type { Config } from '../config.ts'
import type { Database } from '../prisma/client.ts'
import { unseal } from '../services/webhooks/secrets.ts'
import { payloadKeysOf } from '../temporal/codec.ts'

/** In the place of what is not kept. Nobody can send it: where it stands, a body has text. */
const LEFT_OUT = { left_out: true }

type Body = Readonly<Record<string, unknown>>
type Ports = { readonly database: Database; readonly config: Pick<Config, 'PAYLOAD_KEYS'> }

/**
 * A body as it is kept for whoever asks again: without secrets, and without how to reach a person (N-62). Both are looked up when the answer is
 * given again.
 */
export function withoutSecrets<Value>(value: Value): Value {
  return mapped(value, (name, member, owner) => {
    const isSecret = (name === 'client_secret' || name === 'secret') && typeof member === 'string'
    if (isSecret || (isContact(name) && 'id' in owner && typeof member === 'string')) return LEFT_OUT
    return member
  }) as Value
}

/** The body again, with what was left out as it is now: null for what is not there any more. */
export async function withSecrets(ports: Ports, body: object): Promise<object> {
  if (!JSON.stringify(body).includes('"left_out":true')) return body
  return (await restored(ports, body, null)) as object
}

async function restored(ports: Ports, value: unknown, owner: Body | null): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((member) => restored(ports, member, owner)))
  if (!isBody(value)) return value
  const entries = await Promise.all(
    Object.entries(value).map(async ([name, member]) => {
      const found = isLeftOut(member) ? await lookUp(ports, name, value, owner) : await restored(ports, member, value)
      return [name, found] as const
    }),
  )
  return Object.fromEntries(entries)
}

async function lookUp(ports: Ports, name: string, holder: Body, owner: Body | null): Promise<string | null> {
  const { database, config } = ports
  if (name === 'client_secret') {
    const payment = await database.payment.findFirst({ where: { intentId: String(holder['intent_id']) } })
    return payment?.clientSecret ?? null
  }
  if (name === 'secret') {
    const endpoint = await database.webhookEndpoint.findUnique({ where: { id: String(holder['id']) } })
    const keys = config.PAYLOAD_KEYS === undefined ? [] : payloadKeysOf(config.PAYLOAD_KEYS)
    return endpoint === null ? null : unseal(endpoint.secret, keys)
  }
  // A customer's contact data stand in the booking that the customer is a member of.
  const booking = await database.booking.findUnique({ where: { id: String(owner?.['id']) } })
  if (booking === null) return null
  return { name: booking.customerName, email: booking.customerEmail, phone: booking.customerPhone }[name] ?? null
}

function isContact(name: string): boolean {
  return name === 'email' || name === 'phone'
}

function isLeftOut(value: unknown): boolean {
  return isBody(value) && value['left_out'] === true
}

function isBody(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function mapped(value: unknown, change: (name: string, member: unknown, owner: Body) => unknown): unknown {
  if (Array.isArray(value)) return value.map((member) => mapped(member, change))
  if (!isBody(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, mapped(change(name, member, value), change)]),
  )
}
