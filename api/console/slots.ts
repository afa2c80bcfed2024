import { html } from 'hono/html'
import { profileNamed } from '../../profiles/index.ts'
import type { UnitOnSale } from '../routes/catalogue.ts'
import { segment } from './ask.ts'
import { dayAsked, dayName, dayOf } from './days.ts'
import { holdForm } from './hold-form.ts'
import type { Choosing } from './choosing.ts'
import type { Html } from './page.ts'
import { clockText, moneyText } from './format.ts'

type Slot = Pick<UnitOnSale, 'id' | 'staff_id' | 'capacity' | 'booked_count' | 'price' | 'status'> & {
  readonly start: string
  readonly end: string | null
}

/** The days that have links of their own. */
const DAYS = 14

/** A day's slots, with what is left of each; the days that have any are links. */
export async function slots(choosing: Choosing): Promise<Html> {
  const { offering, ask, wanted } = choosing
  const zone = offering.time_zone
  const from = new Date().toISOString()
  const { slots: all } = await ask.read<{ slots: Slot[] }>(
    `/services/${segment(offering.id)}/slots?from=${encodeURIComponent(from)}`,
  )
  const byDay = Map.groupBy(
    all.toSorted((a, b) => (a.start < b.start ? -1 : 1)),
    ({ start }) => dayOf(start, zone),
  )
  const days = [...byDay.keys()]
  const firstFree = days.find((day) => byDay.get(day)!.some(({ status }) => status === 'available'))
  const day = dayAsked(wanted.one('day')) ?? firstFree ?? days[0] ?? null
  if (day === null) return html`<p class="card">There are no slots to come.</p>`
  const list = html`<h2>Choose a time</h2>
    ${dayLinks(offering.id, days.slice(0, DAYS), day, byDay)}
    <input type="hidden" name="day" value="${day}" />
    <fieldset>
      <legend>${dayName(day)}</legend>
      ${byDay.get(day) === undefined && html`<p>There is nothing on that day.</p>`}
      <div class="options">${byDay.get(day)?.map((slot) => option(slot, zone, slot.id === wanted.one('slot')))}</div>
    </fieldset>`
  const what = (profileNamed(offering.profile)?.shape.maxItems ?? 1) > 1 ? 'what is chosen' : 'the time chosen'
  return holdForm(choosing, list, what)
}

function dayLinks(id: string, days: readonly string[], chosen: string, byDay: Map<string, Slot[]>): Html {
  return html`<nav class="days" aria-label="Days">
    <ul>
      ${days.map((day) => {
        const free = byDay.get(day)!.filter(({ status }) => status === 'available').length
        return html`<li>
          <a
            href="/console/offerings/${encodeURIComponent(id)}?day=${day}"
            ${day === chosen ? html`aria-current="date"` : ''}
          >
            ${dayName(day)} <small>${free === 0 ? 'nothing free' : `${free} free`}</small>
          </a>
        </li>`
      })}
    </ul>
  </nav>`
}

function option(slot: Slot, zone: string, isWanted: boolean): Html {
  const { id, start, end, capacity, booked_count: booked, price, status, staff_id: staff } = slot
  const isFree = status === 'available'
  const left = capacity === null ? 'free' : `${Math.max(0, capacity - booked)} of ${capacity} left`
  const time = `${clockText(start, zone)}${end === null ? '' : `–${clockText(end, zone)}`}`
  return html`<label class="option">
    <input
      type="checkbox"
      name="slot"
      value="${id}"
      ${isFree ? '' : 'disabled'}
      ${isFree && isWanted ? 'checked' : ''}
    />
    <span>
      <strong>${time}</strong>
      <small>
        ${isFree ? left : status === 'blocked' ? 'not to be had' : 'full'}${staff === null ? '' : ` · ${staff}`} ·
        ${moneyText(price.amount, price.currency)}
      </small>
    </span>
  </label>`
}
