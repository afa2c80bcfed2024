import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { hold, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { signedInVisitor, visitor, type Visitor } from '../support/console.ts'
import { offerSeats, offerSlots } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Caller
let olga: Visitor
beforeAll(async () => {
  world = await openWorld()
  ada = await world.as('customer', 'ada')
  olga = await signedInVisitor(world, 'operator', 'olga')
})
afterAll(() => world.close())

async function held(): Promise<BookingBody> {
  const { id } = await hold(ada, (await offerSlots(world)).order())
  return until(ada, id, { waiting_for: 'payment' })
}

const versionOf = async (id: string) => (await ada.get<BookingBody>(`/bookings/${id}`)).body.version

describe('the support pages, without scripts', () => {
  it('say what is wrong with a form, and change nothing (A-32, X-12)', async () => {
    const { id, version } = await held()
    const path = `/console/bookings/${id}/actions`
    const seen = { version: String(version) }
    const silent = await olga.post(`${path}/force_release`, seen)
    expect(silent.html).toMatch(/role="alert"[^]*<strong>reason<\/strong>/)
    expect((await olga.post(`${path}/explode`, { reason: 'x', ...seen })).status).toBe(404)
    expect((await olga.post(`${path}/no_show`, { reason: 'x', ...seen })).html).toContain('Not possible where')
    const json = { 'content-type': 'application/json', origin: world.apiUrl }
    expect((await olga.post(`${path}/cancel`, seen, json)).status).toBe(415)
    const elsewhere = await olga.post(`${path}/cancel`, { reason: 'x', ...seen }, { origin: 'https://evil.example' })
    expect(elsewhere.status).toBe(403)
    const nobody = await visitor(world).post(`${path}/cancel`, { reason: 'x', ...seen })
    expect(nobody.html).toContain('Bearer token')
    expect(await versionOf(id)).toBe(version)
  })

  it('have no page of what is not there, and say which filter makes no sense (A-32)', async () => {
    expect((await olga.get('/console/bookings/4f6a0c8e-0000-4000-8000-000000000000')).status).toBe(404)
    expect((await olga.get('/console/bookings/nonsense')).status).toBe(422)
    for (const query of ['status=lost', 'profile=circus', 'refund=late', 'attention=perhaps', 'cursor=xyz']) {
      const { status, html } = await olga.get(`/console/bookings?${query}`)
      expect({ query, status, isTold: html.includes('role="alert"') }).toEqual({ query, status: 422, isTold: true })
    }
    const { html } = await olga.get(`/console/bookings?q=${encodeURIComponent('<b>../%00 nobody</b>')}`)
    expect(html).toContain('&lt;b&gt;../%00 nobody&lt;/b&gt;')
  })

  it('confirm by hand what was paid at the desk, and free what nobody will pay for (X-12)', async () => {
    const [paid, given] = [await held(), await held()]
    const act = ({ id, version }: BookingBody, name: string) =>
      olga.post(`/console/bookings/${id}/actions/${name}`, { reason: 'at the desk', version: String(version) })
    expect((await act(paid, 'confirm_by_hand')).html).toContain('Done: confirm by hand')
    expect((await act(given, 'force_release')).html).toContain('Done: force release')
    await until(ada, paid.id, { status: 'confirmed' })
    await until(ada, given.id, { status: 'expired' })
  })

  it('extend a hold (A-18)', async () => {
    const { id, version, hold: before } = await held()
    const { html } = await olga.post(`/console/bookings/${id}/actions/extend`, { version: String(version) })
    expect(html).toContain('Done: extend the hold')
    await until(ada, id, ({ hold: after }) => {
      expect(Date.parse(after?.expires_at ?? '')).toBeGreaterThan(Date.parse(before?.expires_at ?? ''))
    })
  })

  it('show a long list in pages, each booking once; a customer is shown their own, to pay and to cancel (A-04, A-34)', async () => {
    const zoe = await world.as('customer', 'zoe')
    const offer = await offerSeats(world, 25)
    const made: string[] = []
    for (const unit of offer.unitIds.slice(0, 23)) made.push((await hold(zoe, offer.order({}, unit))).id)
    for (const [who, place] of [
      [olga, 'bookings'],
      [await signedInVisitor(world, 'customer', 'zoe'), 'checkout'],
    ] as const) {
      const idsIn = (html: string) =>
        [...html.matchAll(new RegExp(`href="/console/${place}/([0-9a-f-]{36})"`, 'g'))].map(([, id]) => id)
      const first = await who.get('/console/bookings?q=zoe&status=pending')
      const older = /href="(\/console\/bookings\?[^"]*cursor=[^"]*)"/.exec(first.html)?.[1] ?? ''
      expect(older).toContain('status=pending')
      const second = await who.get(older.replaceAll('&amp;', '&'))
      expect(second.html).not.toContain('Older bookings')
      expect([...idsIn(first.html), ...idsIn(second.html)]).toEqual(made.toReversed())
    }
  })
})
