import type { Hono } from 'hono'
import { html } from 'hono/html'
import { noticeOf } from './alert.ts'
import { page } from './page.ts'
import type { ConsoleEnv } from './session.ts'

/** What is on sale. */
export function offeringPages(site: Hono<ConsoleEnv>): void {
  site.get('/', (c) => {
    const body = html`${noticeOf(c)}
      <h1>Box office</h1>`
    return c.html(page({ title: 'Box office', who: c.get('who'), here: 'box-office', body }))
  })
}
