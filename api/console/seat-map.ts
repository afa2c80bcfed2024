import { html } from 'hono/html'
import { exponentOf } from '../../domain/currencies.ts'
import { profileNamed } from '../../profiles/index.ts'
import type { UnitOnSale } from '../routes/catalogue.ts'
import { segment } from './ask.ts'
import { holdForm } from './hold-form.ts'
import type { Choosing } from './choosing.ts'
import type { Html } from './page.ts'
import { moneyText, spanText } from './format.ts'

type Seat = Pick<UnitOnSale, 'id' | 'label' | 'section' | 'row' | 'start' | 'end' | 'price' | 'status'>

/** An event's seats, row by row, as checkboxes; those that are taken cannot be checked. */
export async function seatMap(choosing: Choosing): Promise<Html> {
  const { offering, ask, wanted } = choosing
  const { seats } = await ask.read<{ seats: Seat[] }>(`/events/${segment(offering.id)}/seats`)
  const rows = Map.groupBy(seats.toSorted(bySeat), rowOf)
  const free = seats.filter(({ status }) => status === 'available').length
  const first = seats[0]
  const most = profileNamed(offering.profile)?.shape.maxItems ?? 1
  const isWanted = new Set(wanted.all('seat'))
  const map = html`<h2>Choose seats</h2>
    <p>
      ${first?.start != null && html`${spanText(first.start, first.end, offering.time_zone)} · `}${free} of
      ${seats.length} free · up to ${most} at once
    </p>
    <p class="legend" aria-hidden="true">
      <span class="seat"><span>1</span></span> free <span class="seat sample-chosen"><span>1</span></span> chosen
      <span class="seat sample-taken"><span>1</span></span> taken
    </p>
    <div
      class="seats"
      data-exponent="${exponentOf(offering.price.currency)}"
      data-currency="${offering.price.currency}"
    >
      ${[...rows].map(
        ([row, inRow]) =>
          html`<fieldset>
            <legend>${row}</legend>
            <div class="seat-row">${inRow.map((seat) => seatBox(seat, row, isWanted.has(seat.id)))}</div>
          </fieldset>`,
      )}
    </div>`
  return holdForm(choosing, map, 'the seats chosen')
}

function seatBox(seat: Seat, row: string, isWanted: boolean): Html {
  const isFree = seat.status === 'available'
  const name = numberOf(seat)
  return html`<label class="seat">
    <input
      type="checkbox"
      name="seat"
      value="${seat.id}"
      data-amount="${seat.price.amount}"
      ${isFree ? '' : 'disabled'}
      ${isFree && isWanted ? 'checked' : ''}
    />
    <span aria-hidden="true">${name}</span>
    <span class="unseen">
      ${row}, seat ${name}, ${isFree ? moneyText(seat.price.amount, seat.price.currency) : 'taken'}
    </span>
  </label>`
}

function rowOf({ section, row }: Seat): string {
  const parts = [section !== null && `Section ${section}`, row !== null && `Row ${row}`]
  return parts.filter((part) => part !== false).join(', ') || 'Seats'
}

/** What is written on the seat: the last of `A-12`. */
function numberOf({ id, label }: Seat): string {
  return (label ?? id).split(/[-\s/]/).at(-1) ?? id
}

const collator = new Intl.Collator('en', { numeric: true })

function bySeat(a: Seat, b: Seat): number {
  return collator.compare(`${rowOf(a)} ${a.label ?? a.id}`, `${rowOf(b)} ${b.label ?? b.id}`)
}
