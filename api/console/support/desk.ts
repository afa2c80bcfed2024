import type { Context } from 'hono'
import { html } from 'hono/html'
import { requireRole } from '../../auth.ts'
import type { BookingPageBody } from '../../schemas/booking.ts'
import { noticeOf } from '../alert.ts'
import { page, type Html } from '../page.ts'
import type { ConsoleEnv } from '../session.ts'
import { bookingTable } from './bookings.ts'
import { momentFrom } from './render.ts'

/** What whoever is on call looks at first: a list of A-04 each, by its query. */
const LISTS = [
  { title: 'Needs attention', query: 'attention=true', about: 'Only a person can settle these.' },
  { title: 'Refunds that failed', query: 'refund=failed', about: 'Money is owed, and does not go back by itself.' },
  {
    title: 'Refunds on their way',
    query: 'refund=pending',
    about: 'The payment service is being asked, again and again.',
  },
  {
    title: 'Overdue',
    query: 'overdue=true',
    about: 'Their deadline has passed, and nobody works on them: is a worker running?',
  },
  { title: 'Waiting for approval', query: 'status=awaiting_approval', about: 'Somebody has to say yes or no in time.' },
] as const

/** So many of a list are shown; the rest is behind its link. */
const SHOWN = 5

type Audit = {
  readonly healthy: boolean
  readonly violations: readonly { readonly invariant: string; readonly subject: string; readonly detail: string }[]
  readonly reconciliation: {
    readonly finished_at: string | null
    readonly findings: readonly { readonly outcome: 'repaired' | 'attention' | 'open' }[]
  } | null
}

/** The desk of the one on call, for operators. */
export async function desk(c: Context<ConsoleEnv>): Promise<Response> {
  const [who, ask, now] = [c.get('who'), c.get('ask'), new Date()]
  requireRole(who, 'operator')
  const [audit, ...lists] = await Promise.all([
    ask.read<Audit>('/invariants'),
    ...LISTS.map(({ query }) => ask.read<BookingPageBody>(`/bookings?page=1&limit=${SHOWN}&${query}`)),
  ])
  const body = html`${noticeOf(c)}
    <h1>Desk</h1>
    ${audited(audit)} ${reconciled(audit, now)}
    ${LISTS.map(({ title, query, about }, index) => {
      const { bookings = [], total = 0 } = lists[index] ?? {}
      return html`<section class="card">
        <h2><a href="/console/bookings?${query}">${title}</a>: ${total}</h2>
        <p>${about}</p>
        ${bookings.length > 0 && bookingTable(bookings, who, now)}
      </section>`
    })}`
  return c.html(page({ title: 'Desk', who, here: 'desk', body }))
}

/** When workflows and bookings were compared last, and what came of it (H-25). */
function reconciled({ reconciliation }: Audit, now: Date): Html {
  if (reconciliation?.finished_at == null) {
    return html`<p>Workflows and bookings have not been compared yet: a worker does it every few minutes.</p>`
  }
  const repaired = reconciliation.findings.filter(({ outcome }) => outcome === 'repaired').length
  return html`<p>
    Workflows and bookings were compared ${momentFrom(reconciliation.finished_at, 'UTC', now)}; repaired: ${repaired}.
  </p>`
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function audited({ violations }: Audit): Html {
  if (violations.length === 0) {
    return html`<p class="card">
      <span class="status" data-tone="good">sound</span> The audit of the invariants finds nothing.
    </p>`
  }
  return html`<section class="alert" aria-labelledby="audit">
    <h2 id="audit">
      The audit finds ${violations.length} that ${violations.length === 1 ? 'is' : 'are'} not as it must be
    </h2>
    <ul>
      ${violations.map(
        ({ invariant, subject, detail }) =>
          html`<li>
            ${invariant}: ${UUID.test(subject) ? html`<a href="/console/bookings/${subject}">${subject}</a>` : subject},
            ${detail}
          </li>`,
      )}
    </ul>
  </section>`
}
