import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hold } from '../support/booking.ts'
import { signedInVisitor, visitor } from '../support/console.ts'
import { eventually } from '../support/eventually.ts'
import { offerCourse } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld({
    environment: (url) => ({
      CONSOLE_SANDBOX_URL: url,
      AUTH_LEEWAY_SECONDS: '1',
      EVENT_STREAM_HEARTBEAT_SECONDS: '1',
    }),
  })
})
afterAll(() => world.close())

async function tokenOf(sub: string, more: object = {}): Promise<string> {
  const { body } = await world.service.post<{ access_token: string }>('/oauth/token', {
    sub,
    role: 'customer',
    ...more,
  })
  return body.access_token
}

describe('the session of the console', () => {
  it('sends who is not signed in to the sign-in page, and from there to where they wanted to go (A-34)', async () => {
    const ada = visitor(world)
    const page = await ada.get('/console?a=1')
    expect(page.status).toBe(200)
    expect(page.html).toContain('Bearer token')
    expect(page.html).toContain('name="to" value="/console?a=1"')
    const inside = await ada.post('/console/sign-in', { to: '/console?a=1', token: `Bearer ${await tokenOf('ada')}` })
    expect(inside.html).toContain('Sign out')
    expect(inside.html).toContain('Ada')
  })

  it('keeps the token where no script and no other site gets at it, Secure where the browser talks TLS (A-34)', async () => {
    const token = await tokenOf('ada')
    const send = (headers: Record<string, string>) =>
      fetch(`${world.apiUrl}/console/sign-in`, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'content-type': 'application/x-www-form-urlencoded', origin: world.apiUrl, ...headers },
        body: new URLSearchParams({ token }),
      })
    const plain = (await send({})).headers.getSetCookie().join()
    expect(plain).toMatch(/holdfast_session=.*Path=\/console; HttpOnly; SameSite=Strict$/)
    const behindTls = (await send({ 'x-forwarded-proto': 'https' })).headers.getSetCookie().join()
    expect(behindTls).toContain('; Secure;')
  })

  it('is over for good after signing out: the old cookie opens nothing, at any replica, and its streams end (N-56)', async () => {
    const sessionsBefore = await world.parts.database.consoleSession.count()
    const ada = await signedInVisitor(world, 'customer', 'ada')
    const thief = visitor(world)
    for (const [name, value] of ada.cookies) (thief.cookies as Map<string, string>).set(name, value)
    const secret = ada.cookies.get('holdfast_session') ?? ''
    expect((await thief.get('/console')).html).toContain('Sign out')
    expect(await world.withToken(secret).get('/bookings')).toMatchObject({ status: 401 })
    const booking = await hold(await world.as('customer', 'ada'), (await offerCourse(world)).order())
    const stream = await fetch(`${world.apiUrl}/console/bookings/${booking.id}/events`, {
      headers: { cookie: `holdfast_session=${secret}` },
    })
    expect(stream.status).toBe(200)
    const stored = JSON.stringify(await world.parts.database.consoleSession.findMany())
    expect(stored).not.toContain('eyJ')
    const began = Date.now()
    await ada.post('/console/sign-out', {})
    // Every replica asks the table, so one that was never told knows as well.
    expect((await thief.get('/console')).html).toContain('The session has ended')
    await stream.text()
    expect(Date.now() - began).toBeLessThan(8000)
    expect(await world.parts.database.consoleSession.count()).toBe(sessionsBefore)
  })

  it('lets no other site send its forms (A-34)', async () => {
    const ada = await signedInVisitor(world, 'customer', 'ada')
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'cross-site' },
      {},
    ]) {
      const page = await ada.post('/console/sign-out', {}, headers)
      expect(page.status).toBeGreaterThanOrEqual(400)
      expect((await ada.get('/console')).html).toContain('Sign out')
    }
    expect((await ada.post('/console/sign-out', {})).html).toContain('Bearer token')
    expect(ada.cookies.size).toBe(0)
  })

  it('refuses tokens that do not hold and says why; sends who has a stale one back to sign in (A-34)', async () => {
    const ada = visitor(world)
    for (const [token, why] of [
      ['nonsense', 'The token is not valid here.'],
      [await tokenOf('ada', { audience: 'somebody-else' }), 'The token is for another audience.'],
      ['', 'Send a bearer token'],
      ['x'.repeat(8000), 'The token is not valid here.'],
    ] as const) {
      expect((await ada.post('/console/sign-in', { token })).html).toContain(why)
      expect(ada.cookies.has('holdfast_session')).toBe(false)
    }
    const forged = visitor(world)
    ;(forged.cookies as Map<string, string>).set('holdfast_session', 'forged')
    const page = await forged.get('/console')
    expect(page.html).toContain('role="alert"')
    expect(forged.cookies.size).toBe(0)
  })

  it('ends with its token: who comes later signs in again, and is told why (A-34)', async () => {
    const ada = visitor(world)
    await ada.post('/console/sign-in', { token: await tokenOf('ada', { expires_in: 1 }) })
    await eventually(async () => {
      expect((await ada.get('/console')).html).toContain('The token has expired.')
    })
    expect(ada.cookies.has('holdfast_session')).toBe(false)
  })

  it('signs in as somebody of the demo where the sandbox is configured, and never leads out of the console', async () => {
    const olga = visitor(world)
    expect((await olga.get('/console/sign-in?to=//evil.example')).html).toContain('name="to" value="/console"')
    expect((await olga.get('/console/sign-in?to=/console/../api')).html).not.toContain('value="/console/../api"')
    const inside = await olga.post('/console/sign-in/person', { person: 'olga', to: 'https://evil.example' })
    expect(inside.html).toContain('<small>operator</small>')
    const nobody = visitor(world)
    expect((await nobody.post('/console/sign-in/person', { person: 'eve' })).html).toContain('Nobody of that name')
  })

  it('sends pages that no cache keeps, with nothing but files of their own, in no frame', async () => {
    const ada = await signedInVisitor(world, 'customer', 'ada')
    const { headers, html } = await ada.get('/console')
    expect(headers.get('cache-control')).toBe('no-store')
    const policy = headers.get('content-security-policy') ?? ''
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"])
      expect(policy).toContain(part)
    expect(policy).not.toContain('unsafe')
    expect(html).not.toMatch(/<style|style="|<script(?![^>]*src=)| on\w+="/)
    const css = await ada.get('/console/assets/console.css')
    expect(css.headers.get('content-type')).toContain('text/css')
    expect((await ada.get('/console/assets/..%2fconsole.ts')).status).toBe(404)
    expect((await ada.get('/console/nothing')).status).toBe(404)
  })
})
