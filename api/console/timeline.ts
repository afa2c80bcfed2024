import { html } from 'hono/html'
import type { Html } from './page.ts'
import { clockText, dayText } from './format.ts'

/** The timeline of a booking as the API tells it (A-14). */
export type TimelineBody = {
  readonly source: 'temporal' | 'history'
  readonly note: string | null
  readonly entries: readonly {
    readonly at: string
    readonly kind: string
    readonly text: string
    readonly actor: { readonly role: string; readonly id: string } | null
  }[]
}

/** What happened, in plain words, as it happened; by the clock of the booking's zone. */
export function timelineList({ entries, note }: TimelineBody, timeZone: string): Html {
  const byDay = Map.groupBy(entries, ({ at }) => dayText(at, timeZone))
  return html`<h2>What happens</h2>
    ${note !== null && html`<p><small>${note}</small></p>`}
    ${[...byDay].map(
      ([day, ofDay]) =>
        html`<h3>${day}</h3>
          <ol class="timeline">
            ${ofDay.map(
              ({ at, text }) =>
                html`<li>
                  <time datetime="${at}">${clockText(at, timeZone, { seconds: true })}</time>
                  <span>${text}</span>
                </li>`,
            )}
          </ol>`,
    )}`
}
