import { Failure } from './launcher/tool.mjs'

export type Bearer = { readonly role: string; readonly sub: string; readonly name?: string | undefined }

/** Gets a token from the development issuer at `sandboxUrl`. Fails with a sentence when it is not there or will not give one. */
export async function tokenFor(sandboxUrl: string, bearer: Bearer): Promise<string> {
  let response: Response
  try {
    response = await fetch(`${sandboxUrl}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(bearer),
    })
  } catch {
    throw new Failure(`The development issuer at ${sandboxUrl} is not there: is \`npm start\` running?`)
  }
  const body = (await response.json()) as { access_token?: string; detail?: string }
  if (body.access_token === undefined)
    throw new Failure(`The development issuer says: ${body.detail ?? response.status}`)
  return body.access_token
}
