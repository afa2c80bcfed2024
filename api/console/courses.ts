import { html } from 'hono/html'
import { exponentOf } from '../../domain/currencies.ts'
import type { OfferingOnSale, UnitOnSale } from '../routes/catalogue.ts'
import { segment } from './ask.ts'
import { holdForm } from './hold-form.ts'
import { offeringsOf, type Choosing } from './choosing.ts'
import type { Html } from './page.ts'
import { moneyText } from './format.ts'

/** Places in courses: this one, and others with it in one order (O-01). */
export async function courses(choosing: Choosing): Promise<Html> {
  const { offering, ask, wanted } = choosing
  const others = (await offeringsOf(ask, 'course')).filter(
    (other) =>
      other.id !== offering.id &&
      other.unit_kinds.includes('enrolment') &&
      other.closed_because === null &&
      other.price.currency === offering.price.currency,
  )
  const { units } = await ask.read<{ units: UnitOnSale[] }>(`/offerings/${segment(offering.id)}/units`)
  const place = units.find(({ kind }) => kind === 'enrolment')
  const isFree = place?.status === 'available'
  const isWanted = new Set(wanted.all('course'))
  const { currency } = offering.price
  const choice = html`<h2>Enrol</h2>
    <fieldset data-exponent="${exponentOf(currency)}" data-currency="${currency}">
      <legend>Courses in this order</legend>
      <div class="options">
        ${option(offering, leftOf(place), isFree, isFree)}
        ${others.map((other) => option(other, '', true, isWanted.has(other.id)))}
      </div>
    </fieldset>`
  return holdForm(choosing, choice, 'the places')
}

function option({ id, name, price }: OfferingOnSale, left: string, isFree: boolean, isChecked: boolean): Html {
  return html`<label class="option">
    <input
      type="checkbox"
      name="course"
      value="${id}"
      data-amount="${price.amount}"
      ${isFree ? '' : 'disabled'}
      ${isChecked ? 'checked' : ''}
    />
    <span>
      <strong>${name}</strong>
      <small>${moneyText(price.amount, price.currency)}${left === '' ? '' : ` · ${left}`}</small>
    </span>
  </label>`
}

function leftOf(place: UnitOnSale | undefined): string {
  if (place === undefined || place.status === 'blocked') return 'not to be had'
  if (place.status === 'booked') return 'full'
  return place.capacity === null ? '' : `${place.capacity - place.booked_count} of ${place.capacity} left`
}
