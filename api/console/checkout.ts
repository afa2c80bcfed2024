import type { Context, Hono } from 'hono'
import { html } from 'hono/html'
import type { Config } from '../../config.ts'
import type { OfferingOnSale } from '../routes/catalogue.ts'
import type { BookingBody } from '../schemas/booking.ts'
import { keepNotice, noticeOf } from './alert.ts'
import { segment, type Ask } from './ask.ts'
import { countdown } from './countdown.ts'
import { formOf, idempotencyField } from './form.ts'
import { page, type Html } from './page.ts'
import { payCard, payRoutes } from './pay.ts'
import { priceTable } from './price.ts'
import type { ConsoleEnv } from './session.ts'
import { statusChip, statusLabel } from './status.ts'
import { timelineList, type TimelineBody } from './timeline.ts'
import { moneyText, spanText } from './format.ts'

/** What is held or booked: how long, for how much, what is being done with it, and what can be done. */
export function checkoutRoutes(site: Hono<ConsoleEnv>, config: Config): void {
  site.get('/checkout/:id', async (c) => {
    const [ask, id] = [c.get('ask'), segment(c.req.param('id'))]
    const booking = await ask.read<BookingBody>(`/bookings/${id}`)
    const [names, timeline] = await Promise.all([
      namesOf(ask, booking),
      ask.read<TimelineBody>(`/bookings/${id}/timeline`),
    ])
    const body = html`${noticeOf(c)}
      <p><a href="/console">Box office</a></p>
      <div data-events="/console/bookings/${booking.id}/events?last_event_id=${booking.version}">
        <p class="unseen" data-announcer role="status"></p>
        ${live('top', booking.version, html`${heading(booking, names)} ${countdown(booking, new Date())}`, statusLabel(booking))}
        <div class="columns">
          <div>
            ${live('actions', booking.version, html`${payCard(booking, config)} ${actions(booking)} ${outcome(booking)}`)}
            ${live('price', booking.version, priceTable(booking, names))}
          </div>
          ${live('timeline', `${booking.version}.${timeline.entries.length}.${timeline.entries.at(-1)?.text ?? ''}`, timelineList(timeline, booking.time_zone))}
        </div>
      </div>
      <noscript
        ><p>
          <a href="/console/checkout/${booking.id}">Look again</a>: without scripts this page does not change by itself.
        </p></noscript
      >`
    const scripts = ['live', 'countdown']
    return c.html(page({ title: `Booking ${booking.reference}`, who: c.get('who'), here: 'box-office', body, scripts }))
  })

  site.post('/checkout/:id/extend', async (c) => {
    const form = await formOf(c)
    const id = segment(c.req.param('id'))
    const reply = await c.get('ask').tell('POST', `/bookings/${id}/extend`, versionIn(form.one('version')), form.key)
    return backTo(c, id, reply)
  })

  payRoutes(site, config)
}

/** Back to the checkout, with the refusal if it is one. */
export function backTo(c: Context, id: string, reply: Awaited<ReturnType<Ask['tell']>>): Response {
  if (!reply.ok) keepNotice(c, reply.problem)
  return c.redirect(`/console/checkout/${id}`, 303)
}

/** The version that a form's page showed; what is none is left to the API to refuse. */
export function versionIn(text: string | undefined): { expected_version?: number } {
  return text === undefined ? {} : { expected_version: Number(text) }
}

/** A part of the page that live.js replaces when its stamp has changed; `says` is read out when it does. */
function live(name: string, stamp: string | number, content: Html, says?: string): Html {
  return html`<section data-live="${name}" data-stamp="${stamp}" ${says !== undefined && html`data-says="${says}"`}>
    ${content}
  </section>`
}

/** The names of a booking's offerings, by id. */
async function namesOf(ask: Ask, { items }: BookingBody): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(items.map(({ offering_id }) => offering_id))]
  const replies = await Promise.all(ids.map((id) => ask.tell<OfferingOnSale>('GET', `/offerings/${segment(id)}`)))
  const nameOf = (id: string, index: number) => {
    const reply = replies[index]
    return reply?.ok === true ? reply.body.name : id
  }
  return new Map(ids.map((id, index) => [id, nameOf(id, index)]))
}

function heading(booking: BookingBody, names: ReadonlyMap<string, string>): Html {
  const { reference, start, end, time_zone: zone, party_size: party, customer } = booking
  return html`<h1>${[...names.values()].join(', ')}</h1>
    <p>${statusChip(booking)} <strong>${reference}</strong> for ${customer.name ?? customer.id}</p>
    ${
      start !== null && html`<p>${spanText(start, end, zone)} (${zone})${party === null ? '' : `, ${party} people`}</p>`
    }`
}

/** A longer hold, and the way out. */
function actions({ id, version, available_actions: can }: BookingBody): Html | null {
  if (!can.includes('extend') && !can.includes('cancel')) return null
  return html`<div class="choices below">
    ${
      can.includes('extend') &&
      html`<form method="post" action="/console/checkout/${id}/extend">
        ${idempotencyField()}
        <input type="hidden" name="version" value="${version}" />
        <button type="submit">Hold it longer</button>
      </form>`
    }
    ${
      can.includes('cancel') &&
      html`<a class="button danger" href="/console/checkout/${id}/cancel">Cancel this booking …</a>`
    }
  </div>`
}

/** What came of it, and where to begin again when that is nothing. */
function outcome({ status, items, currency, ...booking }: BookingBody): Html {
  const { ticket_reference: ticket, meeting_url: meeting, refund, cancellation } = booking
  const [first] = items
  const isOver = status === 'expired' || status === 'cancelled' || status === 'refunded'
  return html`<dl>
      ${
        ticket !== null &&
        html`<dt>Ticket</dt>
          <dd>${ticket}</dd>`
      }
      ${
        meeting !== null &&
        html`<dt>Meeting</dt>
          <dd>${meeting}</dd>`
      }
      ${
        cancellation !== null &&
        html`<dt>Ended because</dt>
          <dd>${cancellation.reason.replaceAll('_', ' ')}</dd>`
      }
      ${
        refund !== null &&
        html`<dt>Refund</dt>
          <dd>${moneyText(refund.amount, currency)}, ${refund.status}</dd>`
      }
    </dl>
    ${
      isOver &&
      first !== undefined &&
      html`<p><a class="button" href="/console/offerings/${encodeURIComponent(first.offering_id)}">Choose again</a></p>`
    }`
}
