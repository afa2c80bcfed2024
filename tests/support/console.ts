import type { World } from './world.ts'

/** What a page answered. */
export type Page = { readonly status: number; readonly html: string; readonly headers: Headers }

type Sent = { readonly method?: string; readonly body?: string; readonly headers?: Record<string, string> }

/** A browser without scripts: it keeps cookies, follows redirects and sends forms. */
export type Visitor = {
  readonly cookies: ReadonlyMap<string, string>
  get(path: string): Promise<Page>
  /** Sends a form; `headers` null: as a page of another site would. */
  post(path: string, fields: Record<string, string>, headers?: Record<string, string>): Promise<Page>
}

/** Somebody who comes to the console of a world. */
export function visitor({ apiUrl }: Pick<World, 'apiUrl'>): Visitor {
  const cookies = new Map<string, string>()

  async function send(path: string, { headers, ...init }: Sent = {}): Promise<Page> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(new URL(path, apiUrl), {
      ...init,
      redirect: 'manual',
      headers: { ...headers, ...(cookie !== '' && { cookie }) },
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/max-age=0/i.test(line)) cookies.delete(name)
      else cookies.set(name, value)
    }
    const location = response.headers.get('location')
    if (response.status === 303 && location !== null) return send(location)
    return { status: response.status, html: await response.text(), headers: response.headers }
  }

  return {
    cookies,
    get: (path) => send(path),
    post: (path, fields, headers = { origin: apiUrl }) =>
      send(path, {
        method: 'POST',
        body: new URLSearchParams(fields).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      }),
  }
}

/** Signed in as a person with a token of the sandbox. */
export async function signedInVisitor(world: World, role: string, sub: string): Promise<Visitor> {
  const { body } = await world.service.post<{ access_token: string }>('/oauth/token', { sub, role })
  const one = visitor(world)
  await one.post('/console/sign-in', { token: body.access_token })
  return one
}

/** The hidden fields of the form of a page that is sent to an address. */
export function hiddenIn({ html }: Page, action: string): Record<string, string> {
  const form = html.slice(html.indexOf(`action="${action}"`))
  const inputs = form
    .slice(0, form.indexOf('</form>'))
    .matchAll(/<input\s+type="hidden"\s+name="([^"]+)"\s+value="([^"]*)"/g)
  return Object.fromEntries([...inputs].map(([, name = '', value = '']) => [name, value]))
}
