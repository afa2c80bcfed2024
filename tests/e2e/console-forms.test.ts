import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { hold, until } from '../support/booking.ts'
import type { Caller } from '../support/caller.ts'
import { hiddenIn, signedInVisitor, visitor, type Page, type Visitor } from '../support/console.ts'
import { eventually } from '../support/eventually.ts'
import { offerCourse, offerSeats, offerSessions, offerSlots, offerTables, offerTutor } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let ada: Visitor
let adasApi: Caller
beforeAll(async () => {
  world = await openWorld({ environment: (url) => ({ CONSOLE_SANDBOX_URL: url }) })
  ada = await signedInVisitor(world, 'customer', 'ada')
  adasApi = await world.as('customer', 'ada')
})
afterAll(() => world.close())

/** Sends the form that holds something of an offering, filled in. */
async function holding(who: Visitor, offeringId: string, fields: Record<string, string>, key?: string): Promise<Page> {
  const at = `/console/offerings/${offeringId}`
  const hidden = hiddenIn(await who.get(at), `${at}/hold`)
  return who.post(`${at}/hold`, { ...hidden, ...(key !== undefined && { idempotency_key: key }), ...fields })
}

function idIn({ html }: Page): string {
  return /data-events="\/console\/bookings\/([0-9a-f-]{36})\//.exec(html)?.[1] ?? ''
}

async function bookingsOf(offeringId: string): Promise<BookingBody[]> {
  const olga = await world.as('operator', 'olga')
  return (await olga.get<{ bookings: BookingBody[] }>(`/bookings?offering_id=${offeringId}`)).body.bookings
}

/** A day next year, so many days after the one on which Europe's clocks skip an hour. */
function daysFromSummerTime(days: number): string {
  const march = new Date(Date.UTC(new Date().getUTCFullYear() + 1, 2, 31))
  march.setUTCDate(march.getUTCDate() - march.getUTCDay() + days)
  return march.toISOString().slice(0, 10)
}

describe('the console without scripts', () => {
  it('holds, pays and cancels by forms alone, each answered by a page that can be loaded again (A-01, A-07, A-08)', async () => {
    const { offeringId } = await offerSeats(world, 2)
    const held = await holding(ada, offeringId, { seat: 'A-2', notes: 'aisle <b>please</b>' })
    expect(held.html).toContain('seat A-2')
    expect(held.html).toMatch(/Look again<\/a\s*>: without scripts/)
    const id = idIn(held)
    const at = `/console/checkout/${id}`
    const paid = await ada.post(`${at}/pay`, { ...hiddenIn(held, `${at}/pay`), method: 'pm_card_visa' })
    expect(paid.status).toBe(200)
    await until(adasApi, id, { status: 'confirmed' })
    expect((await ada.get(at)).html).toMatch(/data-tone="good"\s*>confirmed</)

    const preview = await ada.get(`${at}/cancel`)
    expect(preview.html).toMatch(/Comes back<\/dt>\s*<dd><strong>45.00 USD/)
    const gone = await ada.post(`${at}/cancel`, {
      ...hiddenIn(preview, `${at}/cancel`),
      reason: '<script>alert(1)</script>',
    })
    expect(gone.html).toContain('&lt;script&gt;')
    expect(gone.html).not.toContain('<script>')
    await until(adasApi, id, ({ refund }) => expect(refund?.status).toBe('completed'))
    expect((await ada.get(`${at}/cancel`)).html).toContain('cannot be cancelled')
  })

  it('shows the supplement of a change that waits, takes it, and shows the change made (A-06, H-11)', async () => {
    const tables = await offerTables(world, [6])
    const held = await holding(ada, tables.offeringId, { party_size: '2' })
    const at = `/console/checkout/${idIn(held)}`
    await ada.post(`${at}/pay`, { ...hiddenIn(held, `${at}/pay`), method: 'pm_card_visa' })
    const { id, version } = await until(adasApi, idIn(held), { status: 'confirmed' })
    await adasApi.put(`/bookings/${id}`, { party_size: 3, expected_version: version })
    const waiting = await eventually(async () => {
      const page = await ada.get(at)
      expect(page.html).toContain('Pay 25.00 USD')
      return page
    })
    expect(waiting.html.replaceAll(/\s+/g, ' ')).toContain('The change is held for <strong data-clock>')
    await ada.post(`${at}/pay`, { ...hiddenIn(waiting, `${at}/pay`), method: 'pm_card_visa' })
    await until(adasApi, id, { party_size: 3, change: null, amount: 7500 })
    expect((await ada.get(at)).html).toContain('75.00 USD')
  })

  it('offers rooms from one day to another, and no time that the clocks skip (H-15)', async () => {
    const olga = await world.as('operator', 'olga')
    const room = { profile: 'venue', name: 'Room', price: { amount: 8000, currency: 'EUR' }, price_unit: 'night' }
    const more = { venue: { id: 'inn' }, time_zone: 'Europe/Berlin', policy: { max_lead_days: 3660 } }
    await olga.put('/offerings/inn', { ...room, ...more })
    await olga.put('/offerings/inn/units', { units: [{ id: 'R1', kind: 'room', min_party: 1, max_party: 2 }] })
    const at = '/console/offerings/inn'
    const [saturday, sunday, monday] = [-1, 0, 1].map(daysFromSummerTime)
    const skipped = `${at}?day=${sunday}&time=02:30&until_day=${monday}&until_time=10:00`
    expect((await ada.get(skipped)).html).toContain('clocks of Europe/Berlin skip that time')
    const page = await ada.get(`${at}?day=${saturday}&time=15:00&until_day=${monday}&until_time=10:00`)
    expect(page.html).toContain('160.00 EUR')
    const held = await ada.post(`${at}/hold`, { ...hiddenIn(page, `${at}/hold`), table: 'R1' })
    expect(held.html).toContain('room R1')
    expect(await bookingsOf('inn')).toMatchObject([
      { start: `${saturday}T14:00:00.000Z`, end: `${monday}T08:00:00.000Z` },
    ])
    const taken = await ada.get(`${at}?day=${sunday}&time=15:00&until_day=${monday}&until_time=10:00`)
    expect(taken.html).toContain('taken then')
    const beyond = await ada.get(`${at}?day=2100-01-01&time=15:00&until_day=2100-01-02&until_time=10:00`)
    expect(beyond.html).toContain('not to be had then')
  })

  it('makes one booking of a form that is sent twice, and asks for a new form for something else (A-30)', async () => {
    const { offeringId } = await offerSeats(world, 2)
    const pages = await Promise.all([1, 2].map(() => holding(ada, offeringId, { seat: 'A-1' }, 'the-same-form')))
    expect(new Set(pages.map(idIn)).size).toBe(1)
    expect(await bookingsOf(offeringId)).toHaveLength(1)
    const other = await holding(ada, offeringId, { seat: 'A-2' }, 'the-same-form')
    expect(other.html).toContain('This form had been sent before')
    expect(await bookingsOf(offeringId)).toHaveLength(1)
  })

  it('books for somebody else what others may book, and says who may not (A-34)', async () => {
    const olga = await signedInVisitor(world, 'operator', 'olga')
    const sessions = await offerSessions(world, 2)
    const held = await holding(olga, sessions.offeringId, { slot: 'live-1', customer_id: 'ben', customer_name: 'Ben' })
    expect(held.html).toContain('for Ben')
    expect(await bookingsOf(sessions.offeringId)).toMatchObject([{ customer: { id: 'ben', name: 'Ben' } }])
    const tutor = await offerTutor(world)
    expect((await olga.get(`/console/offerings/${tutor.offeringId}`)).html).toContain('Only customers book this')
    const tess = await signedInVisitor(world, 'provider', tutor.offeringId)
    expect((await tess.get(`/console/offerings/${sessions.offeringId}`)).html).toContain('Providers do not book')
  })

  it('shows nothing of the bookings of others, nor changes them (A-34)', async () => {
    const offer = await offerSlots(world)
    const { id, version } = await hold(adasApi, offer.order())
    const ben = await signedInVisitor(world, 'customer', 'ben')
    for (const path of ['', '/cancel']) expect((await ben.get(`/console/checkout/${id}${path}`)).status).toBe(404)
    expect((await ben.get(`/console/bookings/${id}/events`)).status).toBe(404)
    expect((await ben.post(`/console/checkout/${id}/pay`, { method: 'pm_card_visa' })).status).toBe(404)
    for (const operation of ['cancel', 'extend']) {
      const answer = await ben.post(`/console/checkout/${id}/${operation}`, { version: String(version) })
      expect(answer.status).toBe(404)
    }
    expect(await bookingsOf(offer.offeringId)).toMatchObject([{ status: 'pending', version }])
    // And who is not signed in is asked to.
    const nobody = visitor(world)
    expect((await nobody.post(`/console/checkout/${id}/cancel`, {})).html).toContain('Bearer token')
    expect(await bookingsOf(offer.offeringId)).toMatchObject([{ status: 'pending', version }])
  })

  it('refuses what is wrong in a form with a reason, keeps what was chosen, and holds nothing', async () => {
    const [seats, tutor] = [await offerSeats(world, 12), await offerTutor(world)]
    const [tables, course] = [await offerTables(world), await offerCourse(world, 0)]
    for (const [offeringId, fields, why] of [
      [seats.offeringId, {}, 'Nothing was chosen.'],
      [seats.offeringId, { seat: 'Z-99' }, 'no such unit'],
      [seats.offeringId, { seat: 'A-1', notes: 'n'.repeat(2001) }, 'notes'],
      [tutor.offeringId, { start: 'tomorrow', minutes: '60', subject: 'Algebra' }, 'RFC 3339'],
      [tutor.offeringId, { start: '2031-01-01T10:00:00.000Z', minutes: '5', subject: 'Algebra' }, '30 to 240 minutes'],
      [tutor.offeringId, { start: '2031-01-01T10:00:00.000Z', minutes: '60' }, 'subject'],
      [tables.offeringId, { table: 'T1', party_size: 'many' }, 'party size'],
      [tables.offeringId, { table: 'T1', party_size: '40' }, 'Not free: T1.'],
      [course.offeringId, { course: course.offeringId }, 'Sold out'],
    ] as const) {
      const page = await holding(ada, offeringId, fields)
      expect(page.status).toBe(200)
      expect(page.html).toMatch(/role="alert"/)
      expect(page.html.replaceAll(/\s+/g, ' ')).toContain(why)
      expect(await bookingsOf(offeringId)).toEqual([])
    }
    const kept = await holding(ada, seats.offeringId, { seat: 'A-7', notes: 'n'.repeat(2001) })
    expect(kept.html).toMatch(/value="A-7"[^>]*checked/)
    const at = `/console/offerings/${seats.offeringId}/hold`
    const text = { 'content-type': 'text/plain', origin: world.apiUrl }
    expect((await ada.post(at, {}, text)).status).toBe(415)
    expect((await ada.post(at, { notes: 'n'.repeat(70_000) })).status).toBe(413)
    for (const path of [
      '/console/offerings/none',
      '/console/offerings/%00',
      '/console/checkout/none',
      '/console/offerings/..%2f..%2fmetrics',
    ])
      expect([404, 422]).toContain((await ada.get(path)).status)
    for (const query of ['party_size=many', 'day=2031-02-31&time=99:99', 'party_size=-1', 'day=<b>']) {
      expect((await ada.get(`/console/offerings/${tables.offeringId}?${query}`)).status).toBe(200)
      expect((await ada.get(`/console/offerings/${tutor.offeringId}?${query}`)).status).toBe(200)
    }
  })

  it('shows the cancellation anew when the booking changed meanwhile, and cancels nothing (A-31)', async () => {
    const { id } = await hold(adasApi, (await offerSlots(world)).order())
    const at = `/console/checkout/${id}`
    const preview = await ada.get(`${at}/cancel`)
    const held = await ada.get(at)
    await ada.post(`${at}/extend`, hiddenIn(held, `${at}/extend`))
    const again = await ada.post(`${at}/cancel`, hiddenIn(preview, `${at}/cancel`))
    expect(again.html).toContain('It changed while you looked')
    expect(again.html).toContain('Cancel the booking</button')
    expect((await adasApi.get<BookingBody>(`/bookings/${id}`)).body.status).toBe('pending')
  })

  it('streams what happens without the names of events, and lets go of a stream that is left (A-15)', async () => {
    const { id, version } = await hold(adasApi, (await offerSlots(world)).order())
    const cookie = [...ada.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const open = async () => {
      const leaving = new AbortController()
      const { status, body } = await fetch(`${world.apiUrl}/console/bookings/${id}/events`, {
        headers: { cookie },
        signal: leaving.signal,
      })
      return { status, body: body!.pipeThrough(new TextDecoderStream()), leave: () => leaving.abort() }
    }
    const { body, leave } = await open()
    let text = ''
    for await (const chunk of body) {
      text += chunk
      if (text.includes(`id: ${version}\n`)) break
    }
    expect(text).toMatch(/^data: \{/m)
    expect(text).not.toMatch(/^event:/m)
    leave()
    // Ten at once is the most: of those that were left none counts.
    for (let round = 0; round < 12; round += 1) {
      await eventually(async () => {
        const { status, leave } = await open()
        leave()
        expect(status).toBe(200)
      })
    }
  })
})

describe('the console where payments and people are somebody else’s', () => {
  it('says where it is to be paid, and offers no one to sign in as', async () => {
    const other = await openWorld({ worker: true })
    try {
      const { offeringId } = await offerSlots(other)
      expect((await visitor(other).get('/console')).html).not.toContain('of the demo')
      const ben = await signedInVisitor(other, 'customer', 'ben')
      expect((await ben.post('/console/sign-in/person', { person: 'olga' })).status).toBe(404)
      const held = await holding(ben, offeringId, { slot: 'slot-1' })
      expect(held.html).toMatch(/to be paid at the payment service \(intent/)
      expect(held.html).not.toContain('A card that works')
      expect((await ben.post(`/console/checkout/${idIn(held)}/pay`, { method: 'pm_card_visa' })).status).toBe(404)
    } finally {
      await other.close()
    }
  })
})
