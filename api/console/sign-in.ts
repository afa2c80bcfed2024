import type { Context, Hono } from 'hono'
import { html } from 'hono/html'
import { z } from 'zod'
import { Refused } from '../../domain/failures.ts'
import type { Parts } from '../../runtime/wire.ts'
import type { Authenticate } from '../auth.ts'
import { keepNotice, noticeOf } from './alert.ts'
import { formOf } from './form.ts'
import { page, type Html } from './page.ts'
import { beginSessionOf, endSessionOf, type ConsoleEnv } from './session.ts'
import { problemBehind } from '../problems.ts'

/** People of the demo (npm start): the sandbox gives a token to whoever asks. */
const PEOPLE = [
  { sub: 'ada', role: 'customer', about: 'Ada, a customer' },
  { sub: 'ben', role: 'customer', about: 'Ben, another customer' },
  { sub: 'demo-tutor', role: 'provider', about: 'Tess, a tutor' },
  { sub: 'olga', role: 'operator', about: 'Olga, an operator' },
] as const

const TokenAnswer = z.object({ access_token: z.string() })
const DEADLINE_MS = 5000

/** Where somebody signs in, and where they are sent from there: into the console, never out of it. */
export function signInPath(wanted: string): string {
  return wanted === '/console' ? '/console/sign-in' : `/console/sign-in?to=${encodeURIComponent(wanted)}`
}

function placeFrom(to: string | undefined): string {
  const here = 'http://console.invalid'
  if (to === undefined || !URL.canParse(to, here)) return '/console'
  const { origin, pathname, search } = new URL(to, here)
  return origin === here && /^\/console(\/|$)/.test(pathname) ? `${pathname}${search}` : '/console'
}

/** Signing in with a token, or as somebody of the demo where its sandbox is configured; and signing out. */
export function signInRoutes(site: Hono<ConsoleEnv>, { config, database }: Parts, authenticate: Authenticate): void {
  const sandbox = config.CONSOLE_SANDBOX_URL

  site.get('/sign-in', (c) => {
    const to = placeFrom(c.req.query('to'))
    const body = html`${noticeOf(c)}
      <h1>Sign in</h1>
      ${sandbox !== undefined && people(to)} ${withToken(to, sandbox === undefined)}`
    c.header('cache-control', 'no-store')
    return c.html(page({ title: 'Sign in', who: null, body }))
  })

  site.post('/sign-in', async (c) => {
    const form = await formOf(c)
    const to = placeFrom(form.one('to'))
    return enter(c, to, async () => form.one('token')?.replace(/^Bearer\s+/i, '') ?? '')
  })

  if (sandbox !== undefined) {
    site.post('/sign-in/person', async (c) => {
      const form = await formOf(c)
      const person = PEOPLE.find(({ sub }) => sub === form.one('person'))
      return enter(c, placeFrom(form.one('to')), async () => {
        if (person === undefined) throw new Refused({ code: 'not_found', message: 'Nobody of that name is here.' })
        return demoToken(sandbox, person)
      })
    })
  }

  site.post('/sign-out', async (c) => {
    await endSessionOf(c, database)
    return c.redirect('/console/sign-in', 303)
  })

  /** Takes a token that holds, and says of another why it does not. */
  async function enter(c: Context, to: string, tokenFor: () => Promise<string>): Promise<Response> {
    try {
      const token = await tokenFor()
      await beginSessionOf(c, database, token, await authenticate(`Bearer ${token}`))
      return c.redirect(to, 303)
    } catch (error) {
      const problem = problemBehind(error)
      if (problem === null) throw error
      keepNotice(c, problem)
      return c.redirect(signInPath(to), 303)
    }
  }
}

async function demoToken(sandbox: string, { sub, role }: { readonly sub: string; readonly role: string }) {
  try {
    const response = await fetch(new URL('/oauth/token', sandbox), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sub, role }),
      signal: AbortSignal.timeout(DEADLINE_MS),
    })
    return TokenAnswer.parse(await response.json()).access_token
  } catch (cause) {
    throw new Refused(
      { code: 'unavailable', message: 'The sandbox that knows these people does not answer.' },
      { cause },
    )
  }
}

function people(to: string): Html {
  return html`<form class="card" method="post" action="/console/sign-in/person">
    <h2>As somebody of the demo</h2>
    <input type="hidden" name="to" value="${to}" />
    <div class="choices">
      ${PEOPLE.map(({ sub, about }) => html`<button type="submit" name="person" value="${sub}">${about}</button>`)}
    </div>
  </form>`
}

function withToken(to: string, isOnly: boolean): Html {
  return html`<form class="card" method="post" action="/console/sign-in">
    <h2>With a token</h2>
    <input type="hidden" name="to" value="${to}" />
    <p class="field">
      <label for="token">Bearer token</label>
      <textarea
        id="token"
        name="token"
        rows="4"
        required
        autocomplete="off"
        spellcheck="false"
        aria-describedby="token-hint"
      ></textarea>
      <small id="token-hint">
        The one you call the API with.${!isOnly && html` Here, <code>npm run token</code> makes one.`} You are signed in
        with it until it ends, or until you sign out or close the browser.
      </small>
    </p>
    <button class="${isOnly ? 'primary' : ''}" type="submit">Sign in</button>
  </form>`
}
