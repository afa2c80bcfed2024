import { Failure } from './launcher/tool.mjs'
import type { StackUrls } from './settings.ts'
import { tokenFor, type Bearer } from './sandbox-token.ts'

export type Reply = { readonly status: number; readonly body: Record<string, unknown> }

/** Sends JSON and reads JSON. */
export async function send(
  method: string,
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const response = await fetch(url, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) }
}

/** Somebody who calls the API of a running stack. */
export type Person = (method: string, path: string, body?: unknown) => Promise<Reply>

/** Logs somebody in at the development issuer. */
export async function person(urls: Pick<StackUrls, 'api'> & { sandbox: string }, bearer: Bearer): Promise<Person> {
  const authorization = `Bearer ${await tokenFor(urls.sandbox, bearer)}`
  return (method, path, body) => send(method, `${urls.api}/api/v1${path}`, body, { authorization })
}

/** The body of a reply that must have gone well. Fails with what was answered instead. */
export function expectOk({ status, body }: Reply, what: string): Record<string, unknown> {
  if (status < 300) return body
  throw new Failure(`${what}: ${status} ${JSON.stringify(body)}`)
}
