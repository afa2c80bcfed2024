import type { Context } from 'hono'
import { html } from 'hono/html'
import type { Config } from '../../../config.ts'
import type { WaitingFor } from '../../../domain/deadlines.ts'
import { capital, plain } from '../../../temporal/timeline/wording.ts'
import { ATTENTION_LABELS, WAITING_LABELS } from '../../../workflows/labels.ts'
import { requireRole } from '../../auth.ts'
import type { BookingBody } from '../../schemas/booking.ts'
import { noticeOf } from '../alert.ts'
import { segment } from '../ask.ts'
import { page, type Html } from '../page.ts'
import type { ConsoleEnv } from '../session.ts'
import { timelineList, type TimelineBody } from '../timeline.ts'
import { momentText, moneyText, spanText } from '../format.ts'
import { actionForms, type CancellationPreview } from './actions.ts'
import { moneyOf, type HistoryLine } from './money.ts'
import { messagesSection, moneySection, type FinancialEntry, type Notification, type Reminder } from './sections.ts'
import { momentFrom, statusBadge, whenText } from './render.ts'
import { ACTION_LABELS, isAction, STATUS_LABELS } from './labels.ts'

/** With the runs that it was told from. */
type Timeline = TimelineBody & {
  readonly entries: readonly { readonly workflow_id: string | null; readonly run_id: string | null }[]
}

/** Where the runs are to be seen; without a URL they are named only. */
type TemporalUi = Pick<Config, 'TEMPORAL_UI_URL' | 'TEMPORAL_NAMESPACE'>

/** All about one booking, for those who help: what it is, what it waits for and why, its money, and what can be done. */
export function bookingPage(config: TemporalUi) {
  return async (c: Context<ConsoleEnv>): Promise<Response> => {
    const [who, ask, now] = [c.get('who'), c.get('ask'), new Date()]
    requireRole(who, 'operator', 'provider', 'service')
    const path = `/bookings/${segment(c.req.param('id') ?? '')}`
    const booking = await ask.read<BookingBody>(path)
    const [{ history }, timeline, { entries }, { notifications }, { reminders }, preview] = await Promise.all([
      ask.read<{ history: HistoryLine[] }>(`${path}/history`),
      ask.read<Timeline>(`${path}/timeline`),
      ask.read<{ entries: FinancialEntry[] }>(`/financial-entries?limit=100&booking_id=${booking.id}`),
      ask.read<{ notifications: Notification[] }>(`/notifications?limit=100&booking_id=${booking.id}`),
      ask.read<{ reminders: Reminder[] }>(`${path}/reminders`),
      booking.available_actions.includes('cancel') ? ask.read<CancellationPreview>(`${path}/cancellation`) : null,
    ])
    const money = moneyOf(history)
    const done = c.req.query('done') ?? ''
    const body = html`${noticeOf(c)}
      ${isAction(done) && html`<p class="card" role="status">Done: ${ACTION_LABELS[done].label.toLowerCase()}. Below is how it stands now.</p>`}
      <h1>${booking.reference} ${statusBadge(booking.status)}</h1>
      ${attention(booking, now)}
      <div class="columns">
        <div>
          ${standing(booking, now)} ${items(booking)} ${moneySection(money, entries, booking)}
          <section class="card">${timelineList(timeline, booking.time_zone)}</section>
          ${messagesSection(notifications, reminders, booking)}
        </div>
        <div>
          <section aria-labelledby="actions">
            <h2 id="actions">What you can do</h2>
            <p id="reason-hint"><small>A reason stays in the booking’s history, with your name.</small></p>
            ${actionForms(booking, money, preview)}
          </section>
          ${runs(timeline, booking, config)}
        </div>
      </div>`
    return c.html(page({ title: booking.reference, who, here: 'bookings', body }))
  }
}

function attention({ attention, time_zone: timeZone }: BookingBody, now: Date): Html | null {
  if (attention === null) return null
  const label = ATTENTION_LABELS[attention.reason] ?? 'look at what happened, below, and into the runbook'
  return html`<section class="alert" aria-labelledby="attention">
    <h2 id="attention">A person is needed: ${plain(attention.reason)}</h2>
    <p>${capital(label)}.</p>
    <p><small>Since ${momentFrom(attention.since, timeZone, now)}.</small></p>
  </section>`
}

function standing(booking: BookingBody, now: Date): Html {
  const { customer, provider, venue, waiting_for: waits, next_deadline: deadline, time_zone: timeZone } = booking
  const label = waits === null ? 'nothing: it is at rest' : (WAITING_LABELS[waits as WaitingFor] ?? plain(waits))
  return html`<section class="card" aria-labelledby="standing">
    <h2 id="standing">Where it stands</h2>
    <dl>
      <dt>Status</dt>
      <dd>${STATUS_LABELS[booking.status]}</dd>
      <dt>Waits for</dt>
      <dd>${capital(label)}.</dd>
      <dt>Next deadline</dt>
      <dd>${deadline === null ? 'none' : momentFrom(deadline, timeZone, now)}</dd>
      ${ending(booking)}
      <dt>When</dt>
      <dd>${whenText(booking)}</dd>
      <dt>Customer</dt>
      <dd>
        <a href="/console/bookings?q=${encodeURIComponent(customer.id)}">${customer.id}</a
        >${customer.name !== null && `, ${customer.name}`}${customer.email !== null && `, ${customer.email}`}
      </dd>
      ${
        provider !== null &&
        html`<dt>Provider</dt>
          <dd>${provider.name ?? provider.id}</dd>`
      }
      ${
        venue !== null &&
        html`<dt>Place</dt>
          <dd>${venue.name ?? venue.id}</dd>`
      }
      ${
        booking.party_size !== null &&
        html`<dt>Party</dt>
          <dd>${booking.party_size}</dd>`
      }
      ${
        booking.ticket_reference !== null &&
        html`<dt>Ticket</dt>
          <dd>${booking.ticket_reference}</dd>`
      }
      <dt>Made</dt>
      <dd>${momentFrom(booking.created_at, timeZone, now)}, version ${booking.version}</dd>
      <dt>Id</dt>
      <dd><code>${booking.id}</code></dd>
    </dl>
  </section>`
}

function ending({ cancellation, displacement, change, currency, time_zone: timeZone }: BookingBody): Html {
  return html`${
    cancellation !== null &&
    html`<dt>Ended</dt>
      <dd>
        ${plain(cancellation.reason)}, by ${cancellation.by.role} ${cancellation.by.id},
        ${momentText(cancellation.at, timeZone)}
      </dd>`
  }
  ${
    displacement !== null &&
    html`<dt>Displaced</dt>
      <dd>
        ${plain(displacement.reason)}; to be moved or cancelled until ${momentText(displacement.until, timeZone)}
      </dd>`
  }
  ${
    change !== null &&
    html`<dt>Change</dt>
      <dd>for ${moneyText(change.supplement, currency)} more, until ${momentText(change.expires_at, timeZone)}</dd>`
  }`
}

function items({ items: lines, currency, time_zone: timeZone }: BookingBody): Html {
  return html`<section class="card" aria-labelledby="items">
    <h2 id="items">What is booked</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="What is booked">
      <table>
        <thead>
          <tr>
            <th scope="col">Unit</th>
            <th scope="col">When</th>
            <th scope="col">State</th>
            <th scope="col" class="money">Price</th>
          </tr>
        </thead>
        <tbody>
          ${lines.map(
            ({ offering_id: offering, unit_id: unit, kind, quantity, start, end, status, amount }) =>
              html`<tr>
                <td>${quantity > 1 ? `${quantity} × ` : ''}${kind} ${unit} of ${offering}</td>
                <td>${start === null ? 'any time' : spanText(start, end, timeZone)}</td>
                <td>${status}</td>
                <td class="money">${moneyText(amount, currency)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`
}

/** The runs in Temporal, the latest last; of one whose timeline could not be read, the first by its id. */
function runs({ entries }: Timeline, { id }: BookingBody, { TEMPORAL_UI_URL, TEMPORAL_NAMESPACE }: TemporalUi): Html {
  const known = new Map<string, string | null>([[id, null]])
  for (const { workflow_id: workflow, run_id: run } of entries) if (workflow !== null) known.set(workflow, run)
  const place = (workflow: string, run: string | null) => {
    const path = [TEMPORAL_NAMESPACE, 'workflows', workflow, ...(run === null ? [] : [run, 'history'])]
    return `${TEMPORAL_UI_URL?.replace(/\/$/, '')}/namespaces/${path.map(encodeURIComponent).join('/')}`
  }
  return html`<section class="card" aria-labelledby="runs">
    <h2 id="runs">Runs in Temporal</h2>
    <ul>
      ${[...known].map(([workflow, run]) => {
        const name = workflow === id ? 'The booking’s run' : 'Its follow-up'
        return html`<li>
          ${TEMPORAL_UI_URL === undefined ? name : html`<a href="${place(workflow, run)}">${name}</a>`}<br />
          <code>${workflow}</code>
        </li>`
      })}
    </ul>
  </section>`
}
