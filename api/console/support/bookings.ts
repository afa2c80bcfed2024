import type { Context } from 'hono'
import { html } from 'hono/html'
import { STATUSES } from '../../../domain/lifecycle.ts'
import { PROFILE_NAMES } from '../../../profiles/profile.ts'
import { plain } from '../../../temporal/timeline/wording.ts'
import type { BookingBody, BookingPageBody } from '../../schemas/booking.ts'
import { alert, noticeOf } from '../alert.ts'
import { segment } from '../ask.ts'
import { queryOf, type Form } from '../form.ts'
import { page, type Html } from '../page.ts'
import type { ConsoleEnv, Who } from '../session.ts'
import { moneyText } from '../format.ts'
import { attentionBadge, leftText, statusBadge, whenText } from './render.ts'

/** What the form filters by: a member of A-04's query each. */
const FILTERS = ['status', 'profile', 'attention', 'refund', 'overdue'] as const

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const MAX_REFERENCE = 20

/** Find a booking: a reference or an id leads to it, a customer's id and the filters to a list, in pages. */
export async function findBookings(c: Context<ConsoleEnv>): Promise<Response> {
  const [who, form] = [c.get('who'), queryOf(c)]
  const wanted = form.one('q')
  const booking = wanted === undefined ? null : await bookingOf(c, wanted)
  if (booking !== null) return c.redirect(placeOf(booking, who), 303)
  const list = await c.get('ask').tell<BookingPageBody>('GET', `/bookings?${queryFor(form, wanted)}`)
  const body = html`${noticeOf(c)}
    <h1>Find a booking</h1>
    ${list.ok ? '' : alert(list.problem)} ${searchForm(form)} ${list.ok && found(list.body, form, who)}`
  const title = 'Find a booking'
  return c.html(page({ title, who, here: 'bookings', body }), list.ok ? 200 : 422)
}

/** The booking of an id or of a reference, if it is one that whoever asks may see. */
async function bookingOf(c: Context<ConsoleEnv>, wanted: string): Promise<BookingBody | null> {
  const path = UUID.test(wanted)
    ? `/bookings/${wanted.toLowerCase()}`
    : wanted.length <= MAX_REFERENCE
      ? `/bookings/reference/${segment(wanted.toUpperCase())}`
      : null
  if (path === null) return null
  const reply = await c.get('ask').tell<BookingBody>('GET', path)
  return reply.ok ? reply.body : null
}

function queryFor(form: Form, customer: string | undefined): string {
  const query = new URLSearchParams(customer === undefined ? {} : { customer_id: customer })
  for (const name of [...FILTERS, 'cursor']) {
    const value = form.one(name)
    if (value !== undefined) query.set(name, value)
  }
  return query.toString()
}

function olderPath(form: Form, cursor: string): string {
  const query = new URLSearchParams()
  for (const name of ['q', ...FILTERS]) {
    const value = form.one(name)
    if (value !== undefined) query.set(name, value)
  }
  query.set('cursor', cursor)
  return `/console/bookings?${query.toString()}`
}

/** Staff have the whole of a booking, customers what they can pay and cancel. */
function placeOf({ id }: Pick<BookingBody, 'id'>, { role }: Who): string {
  return role === 'customer' ? `/console/checkout/${id}` : `/console/bookings/${id}`
}

function searchForm(form: Form): Html {
  return html`<form class="card" method="get" action="/console/bookings" role="search">
    <p class="field">
      <label for="q">Reference, booking id or customer id</label>
      <input id="q" name="q" type="search" value="${form.one('q') ?? ''}" autocomplete="off" spellcheck="false" />
    </p>
    <div class="row">
      ${choice(form, 'status', 'Status', STATUSES)} ${choice(form, 'profile', 'Business', PROFILE_NAMES)}
      ${choice(form, 'refund', 'Refund', ['pending', 'failed'])} ${tick(form, 'attention', 'Needs attention')}
      ${tick(form, 'overdue', 'Overdue')}
    </div>
    <button class="primary" type="submit">Find</button>
  </form>`
}

function choice(form: Form, name: (typeof FILTERS)[number], label: string, values: readonly string[]): Html {
  return html`<p class="field">
    <label for="${name}">${label}</label>
    <select id="${name}" name="${name}">
      <option value="">any</option>
      ${values.map(
        (value) =>
          html`<option value="${value}" ${form.one(name) === value ? html`selected` : ''}>${plain(value)}</option>`,
      )}
    </select>
  </p>`
}

function tick(form: Form, name: (typeof FILTERS)[number], label: string): Html {
  return html`<p class="field">
    <label>
      <input type="checkbox" name="${name}" value="true" ${form.one(name) === 'true' ? html`checked` : ''} /> ${label}
    </label>
  </p>`
}

function found({ bookings, next_cursor: next }: BookingPageBody, form: Form, who: Who): Html {
  return html`${bookings.length === 0 ? none(form.one('q')) : bookingTable(bookings, who, new Date())}
  ${next !== null && html`<p><a class="button" href="${olderPath(form, next)}">Older bookings</a></p>`}`
}

function none(wanted: string | undefined): Html {
  return html`<p role="status">
    ${
      wanted === undefined
        ? 'There are no such bookings.'
        : html`Nothing has the reference or the id “${wanted}”, and no customer of that id has such bookings here.
          Bookings of others are not shown to you.`
    }
  </p>`
}

/** Bookings as a table, newest first. */
export function bookingTable(bookings: readonly BookingBody[], who: Who, now: Date): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Bookings">
    <table>
      <thead>
        <tr>
          <th scope="col">Booking</th>
          <th scope="col">Status</th>
          <th scope="col">Customer</th>
          <th scope="col">When</th>
          <th scope="col">Waits for</th>
          <th scope="col" class="money">Price</th>
        </tr>
      </thead>
      <tbody>
        ${bookings.map(
          (booking) =>
            html`<tr>
              <th scope="row" class="whole"><a href="${placeOf(booking, who)}">${booking.reference}</a></th>
              <td>${statusBadge(booking.status)} ${attentionBadge(booking)}</td>
              <td>${booking.customer.id}</td>
              <td>${whenText(booking)}</td>
              <td>
                ${booking.waiting_for === null ? 'nothing' : plain(booking.waiting_for)}${booking.next_deadline !== null && `, ${leftText(booking.next_deadline, now)}`}
              </td>
              <td class="money">${moneyText(booking.amount, booking.currency)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}
