import type { Context } from 'hono'
import { html } from 'hono/html'
import { Refused } from '../../../domain/failures.ts'
import { requireRole } from '../../auth.ts'
import type { BookingBody } from '../../schemas/booking.ts'
import { keepNotice } from '../alert.ts'
import { segment } from '../ask.ts'
import { formOf, idempotencyField, type Form } from '../form.ts'
import type { Html } from '../page.ts'
import type { ConsoleEnv } from '../session.ts'
import { momentText, moneyText } from '../format.ts'
import type { Money } from './money.ts'
import { ACTION_LABELS, isAction, type ActionName, type ActionLabels } from './labels.ts'

/** What A-08 says cancelling now gives back. */
export type CancellationPreview = {
  readonly can_cancel: boolean
  readonly refund: { readonly amount: number; readonly currency: string; readonly percent: number }
  readonly valid_until: string | null
}

/** A form for everything that is legal now and that this page knows; each names the version that was looked at (A-31). */
export function actionForms(booking: BookingBody, money: Money, preview: CancellationPreview | null): Html {
  const legal = (Object.keys(ACTION_LABELS) as ActionName[]).filter((name) => booking.available_actions.includes(name))
  if (legal.length === 0) return html`<p>Nothing: where it stands there is nothing for you to do.</p>`
  return html`${legal.map((name) => actionForm(name, booking, money, preview))}`
}

function actionForm(name: ActionName, booking: BookingBody, money: Money, preview: CancellationPreview | null): Html {
  const { label, about, route, isGrave }: ActionLabels = ACTION_LABELS[name]
  const takesRefund = name === 'settle_refund' || name === 'stop_refund'
  const isMeant = (state: Money['refunds'][number]['state']) =>
    state === 'on its way' || (name === 'settle_refund' && (state === 'failed' || state === 'bounced'))
  return html`<details class="card">
    <summary>${label}</summary>
    <form method="post" action="/console/bookings/${booking.id}/actions/${name}">
      ${idempotencyField()}
      <input type="hidden" name="version" value="${booking.version}" />
      <p>${name === 'cancel' && preview !== null ? previewText(preview, booking) : about}</p>
      ${
        takesRefund &&
        html`<p class="field">
          <label for="refund-key-${name}">Refund</label>
          <select id="refund-key-${name}" name="refund_key">
            ${money.refunds
              .filter(({ state }) => isMeant(state))
              .map(
                ({ key, amount, state }) =>
                  html`<option value="${key}">${moneyText(amount, booking.currency)}, ${state}</option>`,
              )}
          </select>
        </p>`
      }
      ${
        name === 'undo_no_show' &&
        booking.refund !== null &&
        html`<p class="field">
          <label for="returned">What went back of the price</label>
          <select id="returned" name="returned">
            <option value="ask_again">Ask for it again</option>
            <option value="leave">Leave it with the guest</option>
          </select>
        </p>`
      }
      ${
        route !== 'extend' &&
        html`<p class="field">
          <label for="reason-${name}">Reason</label>
          <input
            id="reason-${name}"
            name="reason"
            maxlength="500"
            autocomplete="off"
            ${isReasonNeeded(name) ? html`required` : ''}
            aria-describedby="reason-hint"
          />
        </p>`
      }
      <button class="${isGrave === true ? 'danger' : 'primary'}" type="submit">${label}</button>
    </form>
  </details>`
}

/** What the visit brings needs no explanation. */
function isReasonNeeded(name: ActionName): boolean {
  return !['approve', 'check_in', 'start', 'complete'].includes(name)
}

function previewText(
  { refund, valid_until: until }: CancellationPreview,
  { time_zone: timeZone }: BookingBody,
): string {
  const back = `Cancelling now gives back ${moneyText(refund.amount, refund.currency)} (${refund.percent} %)`
  return until === null ? `${back}.` : `${back}; that holds until ${momentText(until, timeZone)}.`
}

/** A form of `actionForms` was sent: the API is asked, and the booking's page says what became of it (Post/Redirect/Get). */
export async function act(c: Context<ConsoleEnv>): Promise<Response> {
  requireRole(c.get('who'), 'operator', 'provider')
  const [id, name] = [c.req.param('id') ?? '', c.req.param('action') ?? '']
  if (!isAction(name)) throw new Refused({ code: 'not_found', message: 'There is no such form.' })
  const form = await formOf(c)
  const { route } = ACTION_LABELS[name]
  const here = `/console/bookings/${segment(id)}`
  const reply = await c
    .get('ask')
    .tell('POST', `/bookings/${segment(id)}/${route}`, bodyOf(name, route, form), form.key)
  if (reply.ok) return c.redirect(`${here}?done=${name}`, 303)
  keepNotice(c, reply.problem)
  return c.redirect(here, 303)
}

function bodyOf(name: ActionName, route: ActionLabels['route'], form: Form): object {
  const version = Number(form.one('version'))
  const seen = Number.isSafeInteger(version) ? { expected_version: version } : {}
  const reason = form.one('reason')
  const why = reason === undefined ? {} : { reason }
  switch (route) {
    case 'status': {
      const returned = form.one('returned')
      return { action: name, ...why, ...(name === 'undo_no_show' && returned !== undefined && { returned }), ...seen }
    }
    case 'operations': {
      const key = form.one('refund_key')
      return {
        operation: name,
        ...why,
        ...((name === 'settle_refund' || name === 'stop_refund') && key !== undefined && { refund_key: key }),
        ...seen,
      }
    }
    case 'cancel':
      return { ...why, ...seen }
    case 'extend':
      return seen
  }
}
