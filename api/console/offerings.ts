import type { Hono } from 'hono'
import { html } from 'hono/html'
import { PROFILE_NAMES, type ProfileName } from '../../profiles/profile.ts'
import type { OfferingOnSale } from '../routes/catalogue.ts'
import { noticeOf } from './alert.ts'
import { segment } from './ask.ts'
import { calendar } from './calendar.ts'
import { offeringsOf, type Choosing } from './choosing.ts'
import { courses } from './courses.ts'
import { floor } from './floor.ts'
import { queryOf } from './form.ts'
import { page, type Html } from './page.ts'
import { seatMap } from './seat-map.ts'
import type { ConsoleEnv } from './session.ts'
import { slots } from './slots.ts'
import { moneyText } from './format.ts'

/** What people call the lines of business. */
const TITLES: Readonly<Record<ProfileName, string>> = {
  ticketing: 'Events',
  clinic: 'Clinics',
  tutoring: 'Tutors',
  venue: 'Restaurants and rooms',
  course: 'Courses',
}

/** How each kind of unit is chosen. */
const VIEWS: Readonly<Record<OfferingOnSale['unit_kinds'][number], (choosing: Choosing) => Promise<Html>>> = {
  seat: seatMap,
  slot: slots,
  calendar,
  table: floor,
  room: floor,
  enrolment: courses,
}

/** What is on sale, and the page on which something of it is chosen. */
export function offeringPages(site: Hono<ConsoleEnv>): void {
  site.get('/', async (c) => {
    const offerings = await offeringsOf(c.get('ask'))
    const body = html`${noticeOf(c)}
      <h1>Box office</h1>
      ${offerings.length === 0 && html`<p>Nothing is on sale yet: operators load offerings through the API.</p>`}
      ${PROFILE_NAMES.map((profile) =>
        shelf(
          TITLES[profile],
          offerings.filter((each) => each.profile === profile),
        ),
      )}`
    return c.html(page({ title: 'Box office', who: c.get('who'), here: 'box-office', body }))
  })

  site.get('/offerings/:id', async (c) => {
    const [ask, who] = [c.get('ask'), c.get('who')]
    const offering = await ask.read<OfferingOnSale>(`/offerings/${segment(c.req.param('id'))}`)
    const views = [...new Set(offering.unit_kinds.map((kind) => VIEWS[kind]))]
    const sections = await Promise.all(views.map((view) => view({ offering, ask, who, wanted: queryOf(c) })))
    const body = html`${noticeOf(c)}
      <p><a href="/console">Box office</a></p>
      <h1>${offering.name}</h1>
      <p>${[whereOf(offering), priceOf(offering), `times in ${offering.time_zone}`].filter(Boolean).join(' · ')}</p>
      ${offering.description !== null && html`<p>${offering.description}</p>`}
      ${offering.closed_because !== null && html`<p class="card">${offering.closed_because}</p>`}
      ${offering.unit_kinds.length === 0 && html`<p class="card">It has nothing to be booked yet.</p>`} ${sections}`
    return c.html(page({ title: offering.name, who, here: 'box-office', body, scripts: ['chosen'] }))
  })
}

function shelf(title: string, offerings: readonly OfferingOnSale[]): Html | null {
  if (offerings.length === 0) return null
  return html`<h2>${title}</h2>
    <ul class="cards">
      ${offerings.map(
        (offering) =>
          html`<li class="card">
            <h3><a href="/console/offerings/${encodeURIComponent(offering.id)}">${offering.name}</a></h3>
            <p>${whereOf(offering)}</p>
            <p>
              ${priceOf(offering)}
              ${
                offering.closed_because === null
                  ? html`<span class="status" data-tone="good">on sale</span>`
                  : html`<span class="status" data-tone="warn">not on sale</span>`
              }
            </p>
          </li>`,
      )}
    </ul>`
}

function whereOf({ venue, provider }: OfferingOnSale): string {
  return [venue?.name ?? venue?.id, provider?.name ?? provider?.id].filter(Boolean).join(', ')
}

function priceOf({ price, price_unit: unit }: OfferingOnSale): string {
  const text = moneyText(price.amount, price.currency)
  return unit === 'each' ? text : `${text} per ${unit}`
}
