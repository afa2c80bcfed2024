import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TAGS } from '../../../api/documented.ts'
import { loadDemoData } from '../../../stack/demo-data.ts'
import { tokenFor } from '../../../stack/sandbox-token.ts'
import { chromiumToHave, openBrowser, type Browser } from '../../support/browser.ts'
import { openWorld, type World } from '../../support/world.ts'

const chromium = await chromiumToHave()

describe.skipIf(chromium === undefined)('the reference at /docs (needs Chromium)', () => {
  let world: World
  let browser: Browser
  beforeAll(async () => {
    world = await openWorld()
    browser = await openBrowser()
    const urls = { docs: '', temporalUi: undefined, temporalAddress: '', databaseUrl: '' }
    await loadDemoData({ ...urls, api: world.apiUrl, sandbox: world.sandboxUrl })
  })
  afterAll(async () => {
    await browser.close()
    await world.close()
  })

  test('V-08 has groups and a search, sends an example as it stands, and shows it as code; no request fails', async () => {
    const { page, context, faults } = await browser.person()
    const asked: string[] = []
    page.on('response', (response) => asked.push(`${response.status()} ${new URL(response.url()).origin}`))
    await page.goto(`${world.apiUrl}/docs`)
    await page.locator('.opblock-tag').first().waitFor()
    expect(
      await page.locator('.opblock-tag').evaluateAll((tags) => tags.map((tag) => tag.getAttribute('data-tag'))),
    ).toEqual(Object.keys(TAGS))

    const token = await tokenFor(world.sandboxUrl, { role: 'customer', sub: 'ada' })
    await context.setExtraHTTPHeaders({ authorization: `Bearer ${token}` })
    const search = page.getByRole('textbox', { name: 'Search' })
    await search.fill('PLACE IN LINE')
    await page.locator('#operations-Bookings-createBooking').waitFor({ state: 'detached' })
    expect(await page.locator('.opblock').evaluateAll((found) => found.map(({ id }) => id))).toEqual([
      'operations-Waitlist-getWaitlistEntry',
    ])
    await search.fill('Bookings')
    await page.locator('#operations-Bookings-createBooking .opblock-summary-control').click()
    await page.getByRole('button', { name: 'Try it out' }).click()
    await page.locator('.opblock-section-request-body .examples-select-element').selectOption('courseOrder')
    await page.getByRole('button', { name: 'Execute' }).click()
    await page.locator('.live-responses-table .response-col_status', { hasText: '201' }).waitFor()
    await page.locator('.request-snippets').getByText('Python').click()
    expect(await page.locator('.request-snippets').textContent()).toContain('urllib.request.Request(')

    expect(faults).toEqual([])
    expect(new Set(asked)).toEqual(new Set([`200 ${world.apiUrl}`, `201 ${world.apiUrl}`]))
  })
})
