import { html } from 'hono/html'
import type { Who } from './session.ts'

/** HTML that is safe to send: what `html` makes. */
export type Html = ReturnType<typeof html>

/** The places of the navigation; `here` marks the one a page belongs to. */
const PLACES = [
  { name: 'box-office', path: '/console', label: 'Box office' },
  { name: 'bookings', path: '/console/bookings', label: 'Find a booking' },
  { name: 'desk', path: '/console/desk', label: 'Desk' },
] as const

export type Place = (typeof PLACES)[number]['name']

/** A whole page of the console. `scripts` are names of files in assets/, without `.js`: every page works without them. */
export function page({
  title,
  who,
  here,
  body,
  scripts = [],
}: {
  readonly title: string
  /** Null for those who have not signed in: no navigation then. */
  readonly who: Who | null
  readonly here?: Place
  readonly body: Html
  readonly scripts?: readonly string[]
}): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Holdfast</title>
        <link rel="icon" href="/console/assets/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/console/assets/console.css" />
        ${scripts.map((name) => html`<script type="module" src="/console/assets/${name}.js"></script>`)}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="bar">
          <a class="mark" href="/console">Holdfast</a>
          ${who !== null && navigation(who, here)}
        </header>
        <main id="main" tabindex="-1">${body}</main>
      </body>
    </html>`
}

function navigation(who: Who, here: Place | undefined): Html {
  return html`<nav aria-label="Console">
      <ul>
        ${PLACES.filter(({ name }) => name !== 'desk' || who.role === 'operator').map(
          ({ name, path, label }) =>
            html`<li><a href="${path}" ${name === here ? html`aria-current="page"` : ''}>${label}</a></li>`,
        )}
      </ul>
    </nav>
    <form class="who" method="post" action="/console/sign-out">
      <span>${who.name ?? who.id} <small>${who.role}</small></span>
      <button class="quiet" type="submit">Sign out</button>
    </form>`
}
