import { html } from 'hono/html'
import type { BookingBody } from '../schemas/booking.ts'
import type { Html } from './page.ts'
import { moneyText, spanText } from './format.ts'

/** What it costs, item by item; what is added up is what is asked for. */
export function priceTable(booking: BookingBody, names: ReadonlyMap<string, string>): Html {
  const { items, price, currency, time_zone: zone } = booking
  const money = (amount: number) => html`<td class="money">${moneyText(amount, currency)}</td>`
  return html`<h2>Price</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Price">
      <table>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col" class="money">Price</th>
          </tr>
        </thead>
        <tbody>
          ${items.map(
            (item) =>
              html`<tr>
                <td>
                  ${names.get(item.offering_id) ?? item.offering_id}${
                    item.kind === 'enrolment' || item.kind === 'calendar' ? '' : `, ${item.kind} ${item.unit_id}`
                  }${item.quantity > 1 ? ` × ${item.quantity}` : ''}
                  ${items.length > 1 && item.start !== null && html`<br /><small>${spanText(item.start, item.end, zone)}</small>`}
                  ${item.status !== 'active' && item.status !== 'released' && html`<small>${item.status}</small>`}
                </td>
                ${money(item.amount)}
              </tr>`,
          )}
          ${
            price.fees > 0 &&
            html`<tr>
              <td>Fees</td>
              ${money(price.fees)}
            </tr>`
          }
          ${
            price.tax > 0 &&
            html`<tr>
              <td>Tax</td>
              ${money(price.tax)}
            </tr>`
          }
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Total</th>
            ${money(price.total)}
          </tr>
        </tfoot>
      </table>
    </div>`
}
