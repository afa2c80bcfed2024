import { html } from 'hono/html'
import { plain } from '../../../temporal/timeline/wording.ts'
import type { BookingBody } from '../../schemas/booking.ts'
import type { Html } from '../page.ts'
import { momentText, moneyText } from '../format.ts'
import type { Money } from './money.ts'

export type FinancialEntry = {
  readonly type: string
  readonly total_amount: number
  readonly platform_fee: number
  readonly clinic_amount: number
  readonly tax_amount: number
  readonly currency: string
  readonly status: string
}

export type Notification = {
  readonly user_id: string
  readonly title: string
  readonly delivery_status: string
  readonly created_at: string
}

export type Reminder = { readonly reminder_type: string; readonly scheduled_time: string; readonly status: string }

/** Payments, refunds and who gets what of them, each with a total; what was taken is what went back, is on its way, or is kept. */
export function moneySection(money: Money, entries: readonly FinancialEntry[], { currency, price }: BookingBody): Html {
  const { payments, refunds, totals } = money
  const text = (minor: number) => moneyText(minor, currency)
  const sums = [
    ['Taken', totals.taken],
    ['Back with the customer', -totals.back],
    ['On its way back', -totals.onItsWay],
    ['Failed on its way back', -totals.stuck],
    ['With the customer’s bank', -totals.disputed],
  ] as const
  return html`<section class="card" aria-labelledby="money">
      <h2 id="money">Money</h2>
      <div class="scroll" tabindex="0" role="region" aria-label="Money">
        <table>
          <caption class="unseen">
            What was taken, and what became of it
          </caption>
          <tbody>
            <tr>
              <th scope="row">Price</th>
              <td>
                ${price.fees > 0 && `with ${text(price.fees)} of fees`}
                ${price.tax > 0 && `with ${text(price.tax)} of tax`}
              </td>
              <td class="money">${text(price.total)}</td>
            </tr>
            ${payments.map(
              ({ intentId, state, amount, method, failure }) =>
                html`<tr>
                  <th scope="row">Payment</th>
                  <td>
                    ${state}${method !== null && `, ${plain(method)}`}${failure !== null && `: ${plain(failure)}`}<br />
                    <small>${intentId}</small>
                  </td>
                  <td class="money">${amount === null ? '' : text(amount)}</td>
                </tr>`,
            )}
            ${refunds.map(
              ({ key, state, amount, reason }) =>
                html`<tr>
                  <th scope="row">Refund</th>
                  <td>${state}: ${plain(reason)}<br /><small>${key}</small></td>
                  <td class="money">${text(-amount)}</td>
                </tr>`,
            )}
          </tbody>
          <tbody>
            ${sums.map(
              ([name, amount]) =>
                (name === 'Taken' || amount !== 0) &&
                html`<tr>
                  <th scope="row" colspan="2">${name}</th>
                  <td class="money">${text(amount)}</td>
                </tr>`,
            )}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row" colspan="2">Kept</th>
              <td class="money">${text(totals.kept)}</td>
            </tr>
          </tfoot>
        </table>
      </div>
    </section>
    ${entries.length > 0 && entriesTable(entries, currency)}`
}

function entriesTable(entries: readonly FinancialEntry[], currency: string): Html {
  // The currency once, above: five columns of it are too wide.
  const text = (minor: number) => moneyText(minor, currency).replace(` ${currency}`, '')
  const sum = (of: (entry: FinancialEntry) => number) => text(entries.reduce((total, entry) => total + of(entry), 0))
  return html`<section class="card" aria-labelledby="shares">
    <h2 id="shares">Who gets what, in ${currency}</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Who gets what">
      <table>
        <thead>
          <tr>
            <th scope="col">Entry</th>
            <th scope="col" class="money">Provider</th>
            <th scope="col" class="money">Platform</th>
            <th scope="col" class="money">Tax</th>
            <th scope="col" class="money">Total</th>
          </tr>
        </thead>
        <tbody>
          ${entries.toReversed().map(
            (entry) =>
              html`<tr>
                <th scope="row">${entry.type}, ${entry.status}</th>
                <td class="money">${text(entry.clinic_amount)}</td>
                <td class="money">${text(entry.platform_fee)}</td>
                <td class="money">${text(entry.tax_amount)}</td>
                <td class="money">${text(entry.total_amount)}</td>
              </tr>`,
          )}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Together</th>
            <td class="money">${sum(({ clinic_amount }) => clinic_amount)}</td>
            <td class="money">${sum(({ platform_fee }) => platform_fee)}</td>
            <td class="money">${sum(({ tax_amount }) => tax_amount)}</td>
            <td class="money">${sum(({ total_amount }) => total_amount)}</td>
          </tr>
        </tfoot>
      </table>
    </div>
  </section>`
}

/** Who was told what, and what they will be reminded of. */
export function messagesSection(
  notifications: readonly Notification[],
  reminders: readonly Reminder[],
  { time_zone: timeZone }: BookingBody,
): Html {
  if (notifications.length + reminders.length === 0) return html``
  const rows = [
    ...notifications.toReversed().map(({ created_at: at, user_id: to, title, delivery_status: state }) => ({
      at,
      what: `${title} (to ${to})`,
      state,
    })),
    ...reminders.map(({ scheduled_time: at, reminder_type: type, status: state }) => ({
      at,
      what: `Reminder: ${plain(type)}`,
      state,
    })),
  ]
  return html`<section class="card" aria-labelledby="messages">
    <h2 id="messages">Messages</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Messages">
      <table>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">What</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ at, what, state }) =>
              html`<tr>
                <td>${momentText(at, timeZone)}</td>
                <td>${what}</td>
                <td>${plain(state)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`
}
