import { html } from 'hono/html'
import type { Instant } from '../../domain/time.ts'
import type { UnitOnSale } from '../routes/catalogue.ts'
import { alert } from './alert.ts'
import { segment } from './ask.ts'
import { availabilityOf, whyNot, type Availability } from './availability.ts'
import { dayAsked, dayFromNow, instantsAt, timeAsked } from './days.ts'
import { field, holdForm } from './hold-form.ts'
import type { Choosing } from './choosing.ts'
import type { Html } from './page.ts'
import { moneyText, spanText } from './format.ts'

/** So many tables are asked about at once (A-10). */
const MAX_TABLES = 100
const USUAL_PARTY = 2
const USUAL_TIME = '19:00'
/** From so many people on a table is drawn long. */
const LONG_TABLE = 6

/** T2 before T10. */
const collator = new Intl.Collator('en', { numeric: true })

/** A floor of tables, or a house of rooms: how many come and when is said first, then what is free then. */
export async function floor(choosing: Choosing): Promise<Html> {
  const { offering, ask, wanted } = choosing
  const zone = offering.time_zone
  const party = Number(wanted.one('party_size') ?? USUAL_PARTY)
  const day = dayAsked(wanted.one('day')) ?? dayFromNow(1, zone)
  const time = timeAsked(wanted.one('time')) ?? USUAL_TIME
  const isOpenEnded = offering.duration_minutes === null
  const untilDay = dayAsked(wanted.one('until_day')) ?? dayFromNow(2, zone)
  const untilTime = timeAsked(wanted.one('until_time')) ?? time
  const start = instantsAt(day, time, zone)[0]
  const end = isOpenEnded ? instantsAt(untilDay, untilTime, zone)[0] : undefined

  const question = html`<form class="card" method="get">
    <h2>Who comes when</h2>
    <div class="row">
      ${field('party_size', 'People', { type: 'number', value: String(party), min: 1, max: 500, required: true })}
      ${field('day', isOpenEnded ? 'From' : 'Day', { type: 'date', value: day, required: true })}
      ${field('time', 'Time', { type: 'time', value: time, required: true })}
      ${
        isOpenEnded &&
        html`${field('until_day', 'Until', { type: 'date', value: untilDay, required: true })}
        ${field('until_time', 'At', { type: 'time', value: untilTime, required: true })}`
      }
      <button type="submit">Show what is free</button>
    </div>
  </form>`
  if (start === undefined || (isOpenEnded && end === undefined)) {
    return html`${question}
      <p class="card">The clocks of ${zone} skip that time on that day: choose another.</p>`
  }

  const { units } = await ask.read<{ units: UnitOnSale[] }>(`/offerings/${segment(offering.id)}/units`)
  const tables = units
    .filter(({ kind }) => kind === 'table' || kind === 'room')
    .toSorted((a, b) => collator.compare(a.label ?? a.id, b.label ?? b.id))
    .slice(0, MAX_TABLES)
  const items = tables.map(({ id }) => ({
    offering_id: offering.id,
    unit_id: id,
    start,
    ...(end !== undefined && { end }),
    party_size: party,
  }))
  const reply = await availabilityOf(ask, items)
  if (!reply.ok) return html`${alert(reply.problem)} ${question}`
  const answers = reply.body.items
  const isAnyFree = answers.some(({ available }) => available)
  const price = answers.find((each) => each.available && each.price !== null)?.price ?? null
  const until = end ?? endAfter(start, offering.duration_minutes ?? 0)
  const asked = { party_size: party, day, time, until_day: untilDay, until_time: untilTime, start }
  const choice = html`<h2>Choose ${tables[0]?.kind === 'room' ? 'a room' : 'a table'}</h2>
    <p>
      ${spanText(start, until, zone)} for
      ${party}${price === null ? '' : `, ${moneyText(price.amount, price.currency)}`}
    </p>
    ${Object.entries({ ...asked, ...(end !== undefined && { end }) }).map(
      ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
    )}
    <fieldset>
      <legend>The floor</legend>
      <div class="options floor">
        <label class="option">
          <input type="radio" name="table" value="any" ${isAnyFree ? 'checked' : 'disabled'} />
          <span
            ><strong>Any that fits</strong>
            <small>${isAnyFree ? 'the smallest is taken' : 'nothing is free'}</small></span
          >
        </label>
        ${tables.map((table, index) => option(table, answers[index], party, table.id === wanted.one('table')))}
      </div>
    </fieldset>`
  return html`${question} ${holdForm(choosing, choice, 'it')}`
}

function endAfter(start: Instant, minutes: number): Instant {
  return new Date(Date.parse(start) + 60_000 * minutes).toISOString()
}

function option(table: UnitOnSale, answer: Availability | undefined, party: number, isWanted: boolean): Html {
  const isFree = answer?.available === true
  const { id, label, min_party: least, max_party: most, status } = table
  const fits = party >= (least ?? 1) && party <= (most ?? Infinity)
  const why = !fits ? 'does not fit' : status === 'blocked' ? 'not to be had' : whyNot(answer)
  return html`<label class="option" data-size="${(most ?? 1) >= LONG_TABLE ? 'long' : 'small'}">
    <input type="radio" name="table" value="${id}" ${isFree ? '' : 'disabled'} ${isFree && isWanted ? 'checked' : ''} />
    <span>
      <strong>${label ?? id}</strong>
      <small>${most === null ? '' : `up to ${most} · `}${isFree ? 'free' : why}</small>
    </span>
  </label>`
}
