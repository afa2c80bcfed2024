import type { Context, MiddlewareHandler } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { csrf } from 'hono/csrf'
import { secureHeaders } from 'hono/secure-headers'
import { Refused } from '../../domain/failures.ts'
import type { Config } from '../../config.ts'
import { authenticator, type Principal } from '../auth.ts'
import { askAs, type Ask } from './ask.ts'

/** Who is signed in, as their token says. */
export type Who = Principal

/** What every page for people who are signed in finds in its context. */
export type ConsoleEnv = { Variables: { who: Who; ask: Ask } }

const COOKIE = 'holdfast_session'

/** Browsers refuse cookies of more than 4096 bytes, name and attributes included. */
const MAX_TOKEN_LENGTH = 3800

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

/** Keeps a token in the browser until it is closed: no script can read it, and no other site has it sent. */
export function keepToken(c: Context, token: string): void {
  if (token.length > MAX_TOKEN_LENGTH) {
    throw new Refused({ code: 'unauthenticated', message: 'The token is too long to be kept in a cookie.' })
  }
  setCookie(c, COOKIE, token, cookieOptions(c))
}

export function forgetToken(c: Context): void {
  deleteCookie(c, COOKIE, cookieOptions(c))
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

/** The token of the session, null without one. */
export function tokenOf(c: Context): string | null {
  return getCookie(c, COOKIE) ?? null
}

/**
 * Lets only those past who are signed in, with whom they are and with what they ask the API. Throws `unauthenticated` for the others: the console
 * sends them to its sign-in page (console.ts).
 */
export function signedIn(
  config: Pick<Config, 'AUTH_JWKS_URL' | 'AUTH_ISSUER' | 'AUTH_AUDIENCE'>,
  fetch: (request: Request) => Response | Promise<Response>,
): MiddlewareHandler<ConsoleEnv> {
  const authenticate = authenticator(config)
  return async (c, next) => {
    const token = tokenOf(c)
    if (token === null) throw new Refused({ code: 'unauthenticated', message: 'Sign in first.' })
    c.set('who', await authenticate(`Bearer ${token}`))
    c.set('ask', askAs(fetch, token, c.req.raw.signal))
    c.header('cache-control', 'no-store')
    await next()
  }
}
