import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../../api/schemas/booking.ts'
import { startTemporal, type Temporal } from '../../../stack/temporal.ts'
import { registerSearchAttributes } from '../../../temporal/search-attributes.ts'
import { hold } from '../../support/booking.ts'
import { chromiumToHave, openBrowser, type Browser } from '../../support/browser.ts'
import { atConsole } from '../../support/console-browser.ts'
import { signedInVisitor } from '../../support/console.ts'
import { eventually } from '../../support/eventually.ts'
import { offerSlots } from '../../support/offers.ts'
import { freePort } from '../../support/ports.ts'
import { openWorld, type World } from '../../support/world.ts'

const chromium = await chromiumToHave()

describe.skipIf(chromium === undefined)('what Temporal stores encrypted, in its own UI (needs Chromium)', () => {
  let temporal: Temporal
  let world: World
  let browser: Browser
  let ui: string
  let booking: BookingBody
  beforeAll(async () => {
    const uiPort = await freePort()
    // Of one site with the API, as the two are where they are used.
    ui = `http://127.0.0.1:${uiPort}`
    temporal = await startTemporal({ dataFile: null, port: 0, uiPort, namespace: 'default', log: () => undefined })
    await registerSearchAttributes({ TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: 'default' })
    world = await openWorld({
      temporal,
      environment: (sandboxUrl) => ({
        PAYLOAD_KEYS: `first:${randomBytes(32).toString('base64')}`,
        CODEC_ORIGIN: ui,
        CONSOLE_SANDBOX_URL: sandboxUrl,
      }),
    })
    const ada = await world.as('customer', 'ada')
    booking = await hold(ada, (await offerSlots(world)).order())
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
    await temporal?.stop()
  })

  test('an operator who is signed in at the console reads it by the settings that docs/operators.md names; without them nobody does', async () => {
    const { page } = await atConsole(browser, world, /Olga/)
    // The UI reads what it is told once, when a page is loaded: one that was loaded too early is loaded again.
    const shows = (text: string) =>
      eventually(async () => {
        await page.goto(`${ui}/namespaces/default/workflows/${booking.id}`)
        await page.getByText(text).first().waitFor({ timeout: 10_000 })
      }, 60)
    await shows('encryption-key-id')
    // A name from the top of the run's input: the page draws no more of it than it has room for.
    expect(await page.content()).not.toContain('callerRole')

    const endpoint = page.getByPlaceholder('Paste your endpoint here')
    await page.locator('[data-testid*=data-encoder]').first().click()
    await endpoint.fill(`${world.apiUrl}/console/codec`)
    await page.getByText('Include cross-origin credentials').click()
    await page.getByRole('button', { name: 'Apply' }).click()
    await endpoint.waitFor({ state: 'hidden' })
    await shows('callerRole')
    // The summary and the details are told apart from the input, on a page of their own.
    await page.getByRole('tab', { name: 'User Metadata' }).click()
    await eventually(async () => {
      await page.reload()
      await page.getByText(`clinic ${booking.reference}`).first().waitFor({ timeout: 10_000 })
    }, 60)
  }, 180_000)

  test('nobody reads it who is not an operator, or asks from another site', async () => {
    const ask = (cookie: string | null, origin = ui) =>
      fetch(`${world.apiUrl}/console/codec/decode`, {
        method: 'POST',
        headers: { origin, 'content-type': 'application/json', ...(cookie !== null && { cookie }) },
        body: JSON.stringify({ payloads: [] }),
      })
    const session = async (role: string, sub: string) => {
      const { cookies } = await signedInVisitor(world, role, sub)
      return [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    }
    expect((await ask(null)).status).toBe(401)
    expect((await ask(await session('customer', 'ada'))).status).toBe(403)
    const olga = await session('operator', 'olga')
    const answer = await ask(olga)
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, ui])
    expect((await ask(olga, 'https://evil.example')).headers.get('access-control-allow-origin')).not.toBe(
      'https://evil.example',
    )
  })
})
