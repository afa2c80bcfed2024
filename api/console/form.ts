import { randomUUID } from 'node:crypto'
import type { Context } from 'hono'
import { html } from 'hono/html'
import { Refused } from '../../domain/failures.ts'
import type { Html } from './page.ts'

/** A hidden key, new for each form that is rendered: sent twice, it is one operation. */
export function idempotencyField(): Html {
  return html`<input type="hidden" name="idempotency_key" value="${randomUUID()}" />`
}

/** The fields of a form that was sent; empty ones are left out, as people leave them out. */
export type Form = {
  /** The first of a name, undefined when it is empty or absent. */
  one(name: string): string | undefined
  all(name: string): string[]
  /** The form's idempotency key; a form without one is refused by the API or has none. */
  readonly key: string
}

/** Reads a form. Throws `unsupported_media_type` for what is none. */
export async function formOf(c: Context): Promise<Form> {
  const type = c.req.header('content-type') ?? ''
  if (!/^application\/x-www-form-urlencoded\b/i.test(type)) {
    throw new Refused({ code: 'unsupported_media_type', message: 'A form of this page is expected.' })
  }
  return fieldsOf(new URLSearchParams(await c.req.text()))
}

/** The same of a query, for forms that only ask. */
export function queryOf(c: Context): Form {
  return fieldsOf(new URL(c.req.url).searchParams)
}

function fieldsOf(fields: URLSearchParams): Form {
  const all = (name: string) =>
    fields
      .getAll(name)
      .map((value) => value.trim())
      .filter((value) => value !== '')
  return { one: (name) => all(name)[0], all, key: all('idempotency_key')[0] ?? randomUUID() }
}
