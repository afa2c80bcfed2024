import type { Context, MiddlewareHandler } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { csrf } from 'hono/csrf'
import { secureHeaders } from 'hono/secure-headers'
import { Refused } from '../../domain/failures.ts'
import { beginSession, endSession, sessionToken } from '../../prisma/console-sessions.ts'
import type { Database } from '../../prisma/client.ts'
import type { Authenticate, Principal } from '../auth.ts'
import { askAs, type Ask } from './ask.ts'

/** Who is signed in, as their token says. */
export type Who = Principal

/** What every page for people who are signed in finds in its context. */
export type ConsoleEnv = { Variables: { who: Who; ask: Ask; stillIn: () => Promise<boolean> } }

const COOKIE = 'holdfast_session'

/** Nothing but files of our own, no script or style inside a page, and no frame around it. */
export const pageHeaders = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: 'DENY',
  // With `no-referrer` a browser sends `Origin: null` with its own forms.
  referrerPolicy: 'same-origin',
  // Whether there is TLS is the business of whoever ends it.
  strictTransportSecurity: false,
})

/** The address in the browser may be that of a proxy which ends TLS: then only the host is the same. */
function isOwnOrigin(origin: string, c: Context): boolean {
  return URL.canParse(origin) && new URL(origin).host === (c.req.header('host') ?? new URL(c.req.url).host)
}

const formsOfOurs = csrf({ origin: isOwnOrigin })

/**
 * Lets only forms of our own pages change anything: Hono's check of where a request comes from, and none that names another origin, whatever else
 * it says. With that, the cookie's SameSite=Strict is the second lock.
 */
export const noForgery: MiddlewareHandler = async (c, next) => {
  const origin = c.req.header('origin')
  const isRead = c.req.method === 'GET' || c.req.method === 'HEAD'
  if (!isRead && origin !== undefined && !isOwnOrigin(origin, c)) {
    throw new Refused({ code: 'forbidden', message: 'The form came from another site.' })
  }
  return formsOfOurs(c, next)
}

/** Keeps a token in a session of ours (N-56), and in the browser what finds it: no script can read that, and no other site has it sent. */
export async function beginSessionOf(c: Context, db: Database, token: string, who: Who): Promise<void> {
  await endSessionOf(c, db)
  setCookie(c, COOKIE, await beginSession(db, token, who.endsAt), cookieOptions(c))
}

/** Signs out: what the browser had is worth nothing from now on, at any replica. */
export async function endSessionOf(c: Context, db: Database): Promise<void> {
  const secret = getCookie(c, COOKIE)
  if (secret !== undefined) await endSession(db, secret)
  forgetSession(c)
}

/** Has the browser forget a session that is over. */
export function forgetSession(c: Context): void {
  deleteCookie(c, COOKIE, cookieOptions(c))
}

/** Did the browser come with a session, whether or not it still holds? */
export function hasSession(c: Context): boolean {
  return getCookie(c, COOKIE) !== undefined
}

function cookieOptions(c: Context) {
  return { ...ourCookie, secure: isSecure(c) }
}

/** Of every cookie of the console. */
export const ourCookie = { path: '/console', httpOnly: true, sameSite: 'Strict' } as const

/** Does the browser talk TLS, to us or to the proxy before us? */
function isSecure(c: Context): boolean {
  return new URL(c.req.url).protocol === 'https:' || c.req.header('x-forwarded-proto')?.split(',')[0] === 'https'
}

/** The token of the session and whom it is of. Throws `unauthenticated` without one. */
export async function sessionOf(
  c: Context,
  db: Database,
  authenticate: Authenticate,
): Promise<{ readonly token: string; readonly who: Who }> {
  const secret = getCookie(c, COOKIE)
  if (secret === undefined) throw new Refused({ code: 'unauthenticated', message: 'Sign in first.' })
  const token = await sessionToken(db, secret)
  if (token === null) throw new Refused({ code: 'unauthenticated', message: 'The session has ended. Sign in again.' })
  return { token, who: await authenticate(`Bearer ${token}`) }
}

/**
 * Lets only those past who are signed in, with whom they are and with what they ask the API. Throws `unauthenticated` for the others: the console
 * sends them to its sign-in page (console.ts).
 */
export function signedIn(
  db: Database,
  authenticate: Authenticate,
  fetch: (request: Request) => Response | Promise<Response>,
): MiddlewareHandler<ConsoleEnv> {
  return async (c, next) => {
    const { token, who } = await sessionOf(c, db, authenticate)
    c.set('who', who)
    c.set('ask', askAs(fetch, token, c.req.raw.signal))
    // What lasts longer than a page asks again: somebody may sign out in another window.
    c.set('stillIn', () => sessionOf(c, db, authenticate).then(() => true, isOver))
    c.header('cache-control', 'no-store')
    await next()
  }
}

/** Nobody is thrown out because the database or the issuer is away for a moment. */
function isOver(error: unknown): boolean {
  return !(error instanceof Refused && error.code === 'unauthenticated')
}
