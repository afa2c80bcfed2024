import type { Hono } from 'hono'
import { plusSeconds } from '../../domain/time.ts'
import type { OfferingOnSale } from '../routes/catalogue.ts'
import type { BookingBody } from '../schemas/booking.ts'
import { keepNotice } from './alert.ts'
import { segment, type ProblemBody } from './ask.ts'
import { formOf, type Form } from './form.ts'
import type { ConsoleEnv } from './session.ts'

type Item = Readonly<Record<string, unknown>> & { readonly offering_id: string; readonly unit_id?: string }

/** What was chosen is shown again when it cannot be had: what is still free of it stays chosen. */
const KEPT =
  'seat slot course start minutes table party_size day time until_day until_time subject pet_id customer_id customer_name customer_email'.split(
    ' ',
  )
const MAX_ADDRESS = 4000

/** Holds what is chosen; what cannot be had leads back to the choice, with the reason. */
export function holdRoutes(site: Hono<ConsoleEnv>): void {
  site.post('/offerings/:id/hold', async (c) => {
    const ask = c.get('ask')
    const form = await formOf(c)
    const offering = await ask.read<OfferingOnSale>(`/offerings/${segment(c.req.param('id'))}`)
    const items = itemsOf(offering, form)
    const reply = await ask.tell<BookingBody>('POST', '/bookings', orderOf(offering, form, items), form.key)
    if (reply.ok) return c.redirect(`/console/checkout/${reply.body.id}`, 303)
    keepNotice(c, named(reply.problem, items))
    return c.redirect(`/console/offerings/${encodeURIComponent(offering.id)}${choiceOf(form)}`, 303)
  })
}

/** The items of what was chosen; nothing chosen is nothing ordered, and the API says so. */
function itemsOf({ id }: OfferingOnSale, form: Form): Item[] {
  const units = [...form.all('seat'), ...form.all('slot')]
  if (units.length > 0) return units.map((unit) => ({ offering_id: id, unit_id: unit }))
  const courses = form.all('course')
  if (courses.length > 0) return courses.map((course) => ({ offering_id: course }))
  const start = form.one('start')
  if (start === undefined) return []
  const table = form.one('table')
  const end = form.one('end') ?? endOf(start, Number(form.one('minutes')))
  return [
    {
      offering_id: id,
      start,
      ...(end !== null && { end }),
      ...(table !== undefined && table !== 'any' && { unit_id: table }),
    },
  ]
}

/** Null leaves it to the offering; what is no time is refused by the API as such. */
function endOf(start: string, minutes: number): string | null {
  return Number.isNaN(Date.parse(start)) || !Number.isInteger(minutes) ? null : plusSeconds(start, 60 * minutes)
}

function orderOf({ profile }: OfferingOnSale, form: Form, items: readonly Item[]): object {
  const [id, name, email] = [form.one('customer_id'), form.one('customer_name'), form.one('customer_email')]
  const customer = { ...(id !== undefined && { id }), ...(name && { name }), ...(email && { email }) }
  const party = form.one('party_size')
  const plain = (['subject', 'pet_id', 'notes'] as const).flatMap((field) => {
    const value = form.one(field)
    return value === undefined ? [] : [[field, value] as const]
  })
  return {
    profile,
    items,
    ...Object.fromEntries(plain),
    ...(party !== undefined && { party_size: Number(party) }),
    ...(Object.keys(customer).length > 0 && { customer }),
  }
}

/** Which of it is gone, by name; the API says which items. */
function named(problem: ProblemBody, items: readonly Item[]): ProblemBody {
  if (items.length === 0) return { ...problem, detail: 'Nothing was chosen.', errors: [] }
  const gone = Array.isArray(problem['item_ids']) ? problem['item_ids'] : []
  if (problem.code !== 'sold_out' || gone.length === 0) return problem
  const names = gone.flatMap((id) => items[Number(id) - 1]?.unit_id ?? [])
  return names.length === 0 ? problem : { ...problem, detail: `Not free: ${names.join(', ')}.` }
}

function choiceOf(form: Form): string {
  const chosen = KEPT.flatMap((name) => form.all(name).map((value): [string, string] => [name, value]))
  const query = new URLSearchParams(chosen).toString()
  return query === '' || query.length > MAX_ADDRESS ? '' : `?${query}`
}
