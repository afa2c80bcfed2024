import type { BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BookingBody } from '../../../api/schemas/booking.ts'
import { reconcileNow } from '../../../temporal/reconciliation.ts'
import { hold, pay, until } from '../../support/booking.ts'
import { chromiumToHave, expectAccessible, openBrowser, type Browser, type Person } from '../../support/browser.ts'
import type { Caller } from '../../support/caller.ts'
import { offerSlots } from '../../support/offers.ts'
import { openWorld, type World } from '../../support/world.ts'

const chromium = await chromiumToHave()
const UI = 'http://temporal.example.test:8233'

describe.skipIf(chromium === undefined)('the support pages of the console (needs Chromium)', () => {
  let world: World
  let browser: Browser
  let olga: Caller
  beforeAll(async () => {
    world = await openWorld({ environment: (url) => ({ CONSOLE_SANDBOX_URL: url, TEMPORAL_UI_URL: UI }) })
    browser = await openBrowser()
    olga = await world.as('operator', 'olga')
  })
  afterAll(async () => {
    await browser.close()
    await world.close()
  })

  async function signedIn(person: string, to: string, options: BrowserContextOptions = {}): Promise<Person> {
    const one = await browser.person({ baseURL: world.apiUrl, timezoneId: 'UTC', ...options })
    await one.page.goto(`/console/sign-in?to=${encodeURIComponent(to)}`)
    await one.page.getByRole('button', { name: person }).click()
    return one
  }

  async function confirmed(sub: string, more: object = {}): Promise<BookingBody> {
    const policy = { check_in_opens_minutes: 30 * 24 * 60 }
    const customer = await world.as('customer', sub)
    const booking = await hold(customer, (await offerSlots(world, { more, policy })).order())
    await pay(world, booking)
    return until(customer, booking.id, { status: 'confirmed' })
  }

  /** Money from the desk cannot go back by itself: its refund fails. */
  async function failedRefund(sub: string): Promise<BookingBody> {
    const customer = await world.as('customer', sub)
    const booking = await hold(customer, (await offerSlots(world)).order())
    await olga.post(`/bookings/${booking.id}/operations`, { operation: 'confirm_by_hand', reason: 'cash' })
    await customer.post(`/bookings/${booking.id}/cancel`, {})
    return until(customer, booking.id, ({ attention }) => expect(attention?.reason).toBe('refund_failed'))
  }

  const settlements = async (id: string) => {
    const { body } = await olga.get<{ history: { action: string; reason: string | null }[] }>(`/bookings/${id}/history`)
    return body.history.filter(({ action }) => action === 'refund_succeeded')
  }

  it('leads an operator to the booking that needs attention, says why, and settles its refund, once (X-07, X-12, H-06)', async () => {
    const booking = await failedRefund('hugo')
    const { page, faults } = await signedIn('Olga', '/console/desk')
    await page.getByRole('link', { name: 'Needs attention' }).click()
    expect(await page.getByLabel('Needs attention').isChecked()).toBe(true)
    await page.getByRole('link', { name: booking.reference }).click()

    const alert = page.getByRole('region', { name: 'A person is needed: refund failed' })
    expect(await alert.textContent()).toContain('pay it back by hand')
    const money = page.getByRole('region', { name: 'Money', exact: true }).first()
    expect(await money.textContent()).toMatch(/Failed on its way back\s*−150,000\.00 IDR/)
    expect(await page.getByRole('link', { name: 'The booking’s run' }).getAttribute('href')).toMatch(
      new RegExp(`^${UI}/namespaces/default/workflows/${booking.id}/[0-9a-f-]{36}/history$`),
    )

    await page.getByText('Settle the refund', { exact: true }).first().click()
    await page.locator('#reason-settle_refund').fill('cash back, receipt 18')
    const action = `/console/bookings/${booking.id}/actions/settle_refund`
    const sent: Record<string, string> = {}
    for (const field of await page.locator(`form[action="${action}"] :is(input, select)`).all()) {
      sent[(await field.getAttribute('name')) ?? ''] = await field.inputValue()
    }
    await page.getByRole('button', { name: 'Settle the refund' }).click()
    expect(await page.getByRole('status').textContent()).toContain('Done: settle the refund')
    expect(await alert.count()).toBe(0)
    expect(await money.textContent()).toMatch(/settled by hand/)
    expect(await money.textContent()).toMatch(/Kept\s*0\.00 IDR/)
    await until(olga, booking.id, { attention: null, waiting_for: null })

    // The same form once more, as the back button has it, is the same operation.
    const headers = { origin: world.apiUrl }
    expect((await page.request.post(action, { form: sent, headers })).url()).toContain('done=settle_refund')
    expect(await settlements(booking.id)).toMatchObject([{ reason: 'cash back, receipt 18' }])
    await page.goto('/console/bookings?attention=true&q=hugo')
    expect(await page.getByRole('link', { name: booking.reference }).count()).toBe(0)
    expect(faults).toEqual([])
  })

  it('finds a booking by its reference, its id and its customer (A-03, A-04)', async () => {
    const booking = await confirmed('rita')
    const { page, faults } = await signedIn('Olga', '/console/bookings')
    for (const typed of [booking.reference.toLowerCase(), booking.id]) {
      await page.goto('/console/bookings')
      await page.getByRole('searchbox').fill(typed)
      await page.getByRole('button', { name: 'Find' }).click()
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain(booking.reference)
    }
    await page.getByRole('link', { name: 'rita' }).click()
    expect(await page.getByRole('row').count()).toBe(2)
    await page.getByLabel('Status').selectOption('expired')
    await page.getByRole('button', { name: 'Find' }).click()
    expect(await page.getByRole('status').textContent()).toContain('no customer of that id has such bookings')
    expect(faults).toEqual([])
  })

  it('shows what cancelling gives back before it cancels (A-08)', async () => {
    const booking = await confirmed('sue')
    const { page, faults } = await signedIn('Olga', `/console/bookings/${booking.id}`)
    await page.getByText('Cancel the booking', { exact: true }).first().click()
    await page.getByText('Cancelling now gives back 150,000.00 IDR (100 %)').waitFor()
    await page.locator('#reason-cancel').fill('the vet is ill')
    await page.getByRole('button', { name: 'Cancel the booking' }).click()
    expect(await page.getByRole('status').textContent()).toContain('Done')
    const cancelled = await until(olga, booking.id, ({ refund }) => expect(refund?.status).toBe('completed'))
    expect(cancelled.cancellation).toMatchObject({ reason: 'the vet is ill', by: { role: 'operator', id: 'olga' } })
    await page.reload()
    expect(await page.getByRole('main').textContent()).toContain('the vet is ill')
    expect(faults).toEqual([])
  })

  it('acts on what was looked at only: of a booking that has moved on it says so, and changes nothing (A-31)', async () => {
    const booking = await confirmed('tom')
    const { page, faults } = await signedIn('Olga', `/console/bookings/${booking.id}`)
    await page.getByText('Cancel the booking', { exact: true }).first().click()
    await olga.post(`/bookings/${booking.id}/status`, { action: 'start', reason: 'came early' })
    await page.locator('#reason-cancel').fill('too late')
    await page.getByRole('button', { name: 'Cancel the booking' }).click()
    expect(await page.getByRole('alert').textContent()).toContain('The booking has changed')
    await until(olga, booking.id, { status: 'in_progress', cancellation: null })
    expect(faults).toEqual([])
  })

  it('lets no customer onto the pages of the operators (A-34)', async () => {
    const booking = await confirmed('una')
    const { page } = await signedIn('Ada', '/console/bookings')
    expect(await page.getByRole('link', { name: 'Desk' }).count()).toBe(0)
    expect(await page.getByRole('link', { name: booking.reference }).count()).toBe(0)
    for (const path of ['/console/desk', `/console/bookings/${booking.id}`]) {
      expect((await page.goto(path))?.status()).toBe(403)
    }
    const operation = page.request.post(`/console/bookings/${booking.id}/actions/cancel`, {
      form: { reason: 'mine', version: String(booking.version) },
      headers: { origin: world.apiUrl },
    })
    expect((await operation).status()).toBe(403)
    expect((await olga.get(`/bookings/${booking.id}`)).body).toMatchObject({ status: 'confirmed' })
  })

  it('shows a provider their own bookings, with what they may do, and no others (A-34)', async () => {
    const own = await confirmed('wim', { provider: { id: 'demo-tutor' } })
    const other = await confirmed('wim')
    const { page } = await signedIn('Tess', '/console/bookings?q=wim')
    expect(await page.getByRole('link', { name: other.reference }).count()).toBe(0)
    await page.getByRole('link', { name: own.reference }).click()
    expect(await page.locator('details > summary').allTextContents()).not.toContain('Force release')
    await page.getByText('Start', { exact: true }).first().click()
    await page.getByRole('button', { name: 'Start' }).click()
    expect(await page.getByRole('status').textContent()).toContain('Done: start')
    await until(olga, own.id, { status: 'in_progress' })
    expect((await page.goto(`/console/bookings/${other.id}`))?.status()).toBe(404)
    expect((await page.goto('/console/desk'))?.status()).toBe(403)
  })

  it('tells the one on call what the audit finds and what is overdue, and leads there (A-21, X-10)', async () => {
    const booking = await confirmed('xia')
    const late = (nextDeadline: Date | string | null) =>
      world.parts.database.booking.update({ where: { id: booking.id }, data: { nextDeadline } })
    const { page, faults } = await signedIn('Olga', '/console/desk')
    expect(await page.getByRole('main').textContent()).toContain('The audit of the invariants finds nothing.')
    expect(await page.getByRole('main').textContent()).toContain('Workflows and bookings have not been compared yet')
    await reconcileNow(world.parts.temporal, world.config.TASK_QUEUE, { repairs: true, graceSeconds: 60 })
    await page.reload()
    expect(await page.getByRole('main').textContent()).toMatch(/were compared[^;]*; repaired: \d/)
    await late(new Date(Date.now() - 120_000))
    await page.reload()
    expect(await page.getByRole('heading', { name: 'Overdue' }).textContent()).toBe('Overdue: 1')
    await page.getByRole('region', { name: 'The audit finds 1' }).getByRole('link').click()
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain(booking.reference)
    await late(booking.next_deadline)
    expect(faults).toEqual([])
  })

  it('can be read and used by everybody: light, dark, and on a phone', async () => {
    const booking = await failedRefund('vera')
    const pages = ['/console/desk', '/console/bookings', `/console/bookings/${booking.id}`]
    for (const options of [
      { colorScheme: 'light' as const },
      { colorScheme: 'dark' as const },
      { viewport: { width: 390, height: 800 } },
    ]) {
      const { page, faults } = await signedIn('Olga', '/console/desk', options)
      for (const path of pages) {
        await page.goto(path)
        for (const form of await page.locator('details > summary').all()) await form.click()
        await expectAccessible(page)
        const width = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
        expect({ path, tooWide: width }).toEqual({ path, tooWide: 0 })
      }
      expect(faults).toEqual([])
    }
  })
})
