import type { Hono } from 'hono'
import { html } from 'hono/html'
import type { BookingBody } from '../schemas/booking.ts'
import { keepNotice, noticeOf } from './alert.ts'
import { segment } from './ask.ts'
import { backTo, versionIn } from './checkout.ts'
import { formOf, idempotencyField } from './form.ts'
import { field } from './hold-form.ts'
import { page } from './page.ts'
import type { ConsoleEnv } from './session.ts'
import { moneyText, momentText } from './format.ts'

type Preview = {
  readonly can_cancel: boolean
  readonly refund: { readonly amount: number; readonly currency: string; readonly percent: number }
  readonly valid_until: string | null
  readonly version: number
}

/** Cancelling, in two steps: what comes back is shown first (A-08), and only what was shown is done (A-07, A-31). */
export function cancelRoutes(site: Hono<ConsoleEnv>): void {
  site.get('/checkout/:id/cancel', async (c) => {
    const [ask, id] = [c.get('ask'), segment(c.req.param('id'))]
    const booking = await ask.read<BookingBody>(`/bookings/${id}`)
    const preview = await ask.read<Preview>(`/bookings/${id}/cancellation`)
    const { refund, valid_until: until, version } = preview
    const paid = booking.payment?.status === 'succeeded' ? booking.amount : 0
    const back = html`<a class="button" href="/console/checkout/${booking.id}">Keep the booking</a>`
    const body = html`${noticeOf(c)}
      <h1>Cancel ${booking.reference}?</h1>
      ${
        preview.can_cancel
          ? html`<form class="card" method="post" action="/console/checkout/${booking.id}/cancel">
              ${idempotencyField()}
              <input type="hidden" name="version" value="${version}" />
              <dl>
                <dt>Paid</dt>
                <dd>${moneyText(paid, refund.currency)}</dd>
                <dt>Comes back</dt>
                <dd><strong>${moneyText(refund.amount, refund.currency)}</strong> (${refund.percent} %)</dd>
                <dt>Is kept</dt>
                <dd>${moneyText(Math.max(0, paid - refund.amount), refund.currency)}</dd>
                ${
                  until !== null &&
                  html`<dt>Until</dt>
                    <dd>${momentText(until, booking.time_zone)}; less after that</dd>`
                }
              </dl>
              ${field('reason', 'Reason', { maxlength: 500, hint: 'It stays in the history; may be left out.' })}
              <p class="choices"><button class="danger" type="submit">Cancel the booking</button> ${back}</p>
            </form>`
          : html`<p class="card">It cannot be cancelled where it stands now.</p>
              <p>${back}</p>`
      }`
    return c.html(page({ title: `Cancel ${booking.reference}`, who: c.get('who'), here: 'box-office', body }))
  })

  site.post('/checkout/:id/cancel', async (c) => {
    const form = await formOf(c)
    const id = segment(c.req.param('id'))
    const reason = form.one('reason')
    const wish = { ...versionIn(form.one('version')), ...(reason !== undefined && { reason }) }
    const reply = await c.get('ask').tell('POST', `/bookings/${id}/cancel`, wish, form.key)
    // What comes back may be another sum now: it is shown anew.
    if (reply.ok || reply.problem.code !== 'version_conflict') return backTo(c, id, reply)
    keepNotice(c, reply.problem)
    return c.redirect(`/console/checkout/${id}/cancel`, 303)
  })
}
