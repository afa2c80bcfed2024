import { html } from 'hono/html'
import { plusSeconds, type Instant } from '../../domain/time.ts'
import { profileNamed } from '../../profiles/index.ts'
import { availabilityOf, whyNot, type Availability } from './availability.ts'
import { dayAsked, dayFromNow, dayName, instantsAt } from './days.ts'
import { alert } from './alert.ts'
import { field, holdForm } from './hold-form.ts'
import type { Choosing } from './choosing.ts'
import type { Html } from './page.ts'
import { clockText, moneyText } from './format.ts'

/** The day of a calendar that is shown: starts every half an hour, by the clock of its zone. */
const FIRST_HOUR = 7
const LAST_HOUR = 21
const LENGTHS = [30, 45, 60, 90, 120, 180, 240] as const
const USUAL_LENGTH = 60

/** A person's day: for how long is said first, then the starts from which that long is free. */
export async function calendar(choosing: Choosing): Promise<Html> {
  const { offering, ask, wanted } = choosing
  const zone = offering.time_zone
  const day = dayAsked(wanted.one('day')) ?? dayFromNow(1, zone)
  const limits = profileNamed(offering.profile)?.shape.minutes ?? { min: 1, max: 1440 }
  const lengths = LENGTHS.filter((length) => length >= limits.min && length <= limits.max)
  const minutes = lengths.find((length) => String(length) === wanted.one('minutes')) ?? USUAL_LENGTH

  const starts = halfHours().flatMap((time) => instantsAt(day, time, zone))
  const items = starts.map((start) => ({ offering_id: offering.id, start, end: plusSeconds(start, 60 * minutes) }))
  const reply = await availabilityOf(ask, items)
  const answers = reply.ok ? reply.body.items : []
  const price = answers.find((each) => each.price !== null)?.price ?? null

  const question = html`<form class="card" method="get">
    <h2>When, and for how long</h2>
    <div class="row">
      ${field('day', 'Day', { type: 'date', value: day, required: true })}
      <p class="field">
        <label for="minutes">Minutes</label>
        <select id="minutes" name="minutes">
          ${lengths.map(
            (length) => html`<option value="${length}" ${length === minutes ? 'selected' : ''}>${length}</option>`,
          )}
        </select>
      </p>
      <button type="submit">Show what is free</button>
    </div>
  </form>`
  const choice = html`<h2>Choose a start</h2>
    <input type="hidden" name="day" value="${day}" />
    <input type="hidden" name="minutes" value="${minutes}" />
    <fieldset>
      <legend>
        ${dayName(day)}, ${minutes} minutes${price === null ? '' : `, ${moneyText(price.amount, price.currency)}`}
      </legend>
      <div class="options">
        ${starts.map((start, index) => option(start, answers[index], zone, start === wanted.one('start')))}
      </div>
    </fieldset>`
  return html`${!reply.ok && alert(reply.problem)} ${question} ${holdForm(choosing, choice, 'that time')}`
}

function halfHours(): string[] {
  return Array.from({ length: 2 * (LAST_HOUR - FIRST_HOUR) + 2 }, (_, index) => {
    const hour = FIRST_HOUR + Math.floor(index / 2)
    return `${String(hour).padStart(2, '0')}:${index % 2 === 0 ? '00' : '30'}`
  })
}

function option(start: Instant, answer: Availability | undefined, zone: string, isWanted: boolean): Html {
  const isFree = answer?.available === true
  return html`<label class="option">
    <input
      type="radio"
      name="start"
      value="${start}"
      required
      ${isFree ? '' : 'disabled'}
      ${isFree && isWanted ? 'checked' : ''}
    />
    <span><strong>${clockText(start, zone)}</strong> <small>${isFree ? 'free' : whyNot(answer)}</small></span>
  </label>`
}
