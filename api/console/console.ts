import { Hono, type Context } from 'hono'
import { html } from 'hono/html'
import type { Parts } from '../../runtime/wire.ts'
import type { Authenticate } from '../auth.ts'
import { requestLimit } from '../limits.ts'
import { problemBehind, problemOf, type Problem } from '../problems.ts'
import { alert, keepNotice } from './alert.ts'
import { assetRoutes } from './assets.ts'
import { cancelRoutes } from './cancel.ts'
import { checkoutRoutes } from './checkout.ts'
import { holdRoutes } from './hold.ts'
import { offeringPages } from './offerings.ts'
import { page } from './page.ts'
import { forgetSession, hasSession, noForgery, pageHeaders, signedIn, type ConsoleEnv, type Who } from './session.ts'
import { signInPath, signInRoutes } from './sign-in.ts'
import { streamRoutes } from './stream.ts'
import { supportPages } from './support/pages.ts'

/**
 * The box office at /console: pages made here, for people who sell and for those who help. It is one more client of the HTTP API, which it asks in
 * process (ADR 0014); every page works without scripts.
 */
export function consoleRoutes(app: Hono, parts: Parts, authenticate: Authenticate): void {
  const { config, database, log } = parts
  const site = new Hono<ConsoleEnv>()
  site.use(pageHeaders)
  assetRoutes(site)
  site.use(noForgery, requestLimit)
  signInRoutes(site, parts, authenticate)

  site.use(signedIn(database, authenticate, (request) => app.fetch(request)))
  offeringPages(site)
  holdRoutes(site)
  checkoutRoutes(site, config)
  cancelRoutes(site)
  streamRoutes(site)
  supportPages(site, config)

  site.all('*', (c) => sorry(c, problemOf({ code: 'not_found', message: 'There is no such page.' })))
  site.onError((error, c) => {
    const problem = problemBehind(error)
    if (problem?.code === 'unauthenticated') {
      if (hasSession(c)) keepNotice(c, problem)
      forgetSession(c)
      return c.redirect(signInPath(c.req.method === 'GET' ? pathOf(c) : '/console'), 303)
    }
    if (problem !== null) return sorry(c, problem)
    log.error({ err: error, method: c.req.method, path: c.req.path }, 'a page could not be made')
    return sorry(c, { ...problemOf({ code: 'unavailable', message: 'Something went wrong here.' }), status: 500 })
  })
  app.route('/console', site)
}

function pathOf(c: Context): string {
  const { pathname, search } = new URL(c.req.url)
  return `${pathname}${search}`
}

/** A page that is none, in the words of the problem. */
function sorry(c: Context<ConsoleEnv>, problem: Problem): Response | Promise<Response> {
  const body = html`<h1>${problem.title}</h1>
    ${alert(problem)}
    <p><a href="/console">To the box office</a></p>`
  return c.html(page({ title: problem.title, who: whoOf(c), body }), problem.status)
}

/** Whoever is signed in, when it had come to that. */
function whoOf(c: Context<ConsoleEnv>): Who | null {
  const { who }: Partial<ConsoleEnv['Variables']> = c.var
  return who ?? null
}
