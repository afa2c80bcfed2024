import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { chromiumToHave, openBrowser, type Browser } from '../../support/browser.ts'
import { ledgerOf } from '../../support/booking.ts'
import { atConsole, expectAccessibleEverywhere, expectNoReload, type AtConsole } from '../../support/console-browser.ts'
import { eventually } from '../../support/eventually.ts'
import { inDays, offerCourse, offerSeats, offerSlots, offerTables, offerTutor } from '../../support/offers.ts'
import { openWorld, type World } from '../../support/world.ts'

const chromium = await chromiumToHave()

/** A poll waits for a second by itself: less than a clock may need for its next tick. */
const PATIENTLY = { timeout: 15_000 }

describe.skipIf(chromium === undefined)('the box office in a real browser (needs Chromium)', () => {
  let world: World
  let browser: Browser
  beforeAll(async () => {
    world = await openWorld({ environment: (url) => ({ CONSOLE_SANDBOX_URL: url }) })
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser.close()
    await world.close()
  })

  /** Whoever came in a test; what their browsers complained about fails it. */
  const people: AtConsole[] = []
  afterEach(async () => {
    const faults = people.flatMap((person) => person.faults)
    for (const { context } of people.splice(0)) await context.close()
    if (faults.length > 0) throw new Error(`the browsers complain: ${faults.join('; ')}`)
  })

  async function come(name = /^Ada/, options = {}) {
    const person = await atConsole(browser, world, name, options)
    people.push(person)
    return person
  }

  const idIn = (url: string) => /checkout\/([0-9a-f-]{36})/.exec(url)?.[1] ?? ''

  it('sells seats: chosen from the map, held with a countdown, paid, and confirmed without a reload (A-12, A-14, A-15)', async () => {
    await offerSeats(world, 12)
    const { page } = await come()
    await page.getByRole('link', { name: 'Concert' }).first().click()
    await page.getByRole('checkbox', { name: 'seat 3, 45.00 USD' }).check()
    await page.getByRole('checkbox', { name: 'seat 4, 45.00 USD' }).check()
    await expect.poll(() => page.getByRole('status').last().textContent(), PATIENTLY).toBe('2 chosen, 90.00 USD')
    await page.getByRole('button', { name: 'Hold the seats chosen' }).click()

    await page.getByRole('heading', { name: 'Pay 90.00 USD' }).waitFor()
    const clock = page.locator('[data-clock]')
    const before = await clock.textContent()
    expect(before).toMatch(/^(10:00|9:5\d)$/)
    await expect.poll(() => clock.textContent(), PATIENTLY).not.toBe(before)
    expect(await page.getByRole('table').textContent()).toMatch(/seat A-3.*seat A-4.*Total\s*90.00 USD/s)

    await page.getByRole('radio', { name: 'A bank that takes five seconds' }).check()
    await page.getByRole('button', { name: 'Pay', exact: true }).click()
    await page.getByText('The payment is under way').waitFor()
    await expectNoReload(page, async () => {
      await page.locator('.status', { hasText: 'confirmed' }).waitFor()
      await page.getByText('The booking was confirmed.').waitFor()
    })
    expect(await page.locator('[data-announcer]').textContent()).toBe('The booking is confirmed.')
    expect(await page.getByText(/^TKT-/).count()).toBe(1)
    expect(await page.locator('[data-clock]').count()).toBe(0)
    expect(await ledgerOf(world, idIn(page.url()))).toMatchObject({ captured: 9000 })
  })

  it('sells a slot of a day, a tutor’s hour, a table on the floor and places in several courses (A-01, A-10, A-12)', async () => {
    const slots = await offerSlots(world, { slots: 3, capacity: 2 })
    const tutor = await offerTutor(world)
    const tables = await offerTables(world, [2, 4, 6])
    const [course, other] = [await offerCourse(world, 5), await offerCourse(world)]
    const { page, open } = await come()
    const buy = async (total: string) => {
      await page.getByRole('button', { name: /^Hold/ }).click()
      await page.getByRole('heading', { name: `Pay ${total}` }).waitFor()
      await page.getByRole('button', { name: 'Pay', exact: true }).click()
      await page.locator('.status', { hasText: 'confirmed' }).waitFor()
    }

    await open(`/console/offerings/${slots.offeringId}`)
    await page.getByRole('checkbox', { name: '2 of 2 left' }).first().check()
    await buy('150,000.00 IDR')

    await open(`/console/offerings/${tutor.offeringId}`)
    await page.getByLabel('Day').fill(inDays(3).slice(0, 10))
    await page.getByLabel('Minutes').selectOption('90')
    await page.getByRole('button', { name: 'Show what is free' }).click()
    await page.getByRole('group', { name: '90 minutes, 90.00 USD' }).waitFor()
    await page.getByRole('radio', { name: '10:30' }).check()
    await page.getByLabel('Subject').fill('Algebra')
    await buy('90.00 USD')
    await page.getByText(/, 10:30 – 12:00 \(UTC\)/).waitFor()

    await open(`/console/offerings/${tables.offeringId}`)
    await page.getByLabel('People').fill('3')
    await page.getByLabel('Time').fill('18:30')
    await page.getByRole('button', { name: 'Show what is free' }).click()
    expect(await page.getByRole('radio', { name: 'T1' }).isDisabled()).toBe(true)
    await page.getByRole('radio', { name: 'T3' }).check()
    await buy('75.00 USD')
    expect(await page.getByRole('table').textContent()).toContain('table T3')

    await open(`/console/offerings/${course.offeringId}`)
    expect(await page.getByRole('checkbox', { name: '5 of 5 left' }).isChecked()).toBe(true)
    await page.locator(`input[value="${other.offeringId}"]`).check()
    await buy('198.00 USD')
  })

  it('shows a hold run out while it is watched, and says so; the seat is on sale again (H-02)', async () => {
    const { offeringId } = await offerSeats(world, 1, { hold_seconds: 6, lapse_grace_seconds: 0, max_extensions: 0 })
    const { page, open } = await come()
    await open(`/console/offerings/${offeringId}`)
    await page.getByRole('checkbox', { name: 'seat 1' }).check()
    await page.getByRole('button', { name: /^Hold/ }).click()
    await page.locator('[data-clock]').waitFor()
    await page.getByRole('link', { name: 'Cancel this booking' }).focus()
    await expectNoReload(page, () => page.locator('.status', { hasText: 'expired' }).waitFor())
    // What had the keyboard is gone; it goes on within the page.
    expect(await page.evaluate('document.activeElement.id')).toBe('main')
    expect(await page.locator('[data-announcer]').textContent()).toBe('The booking is expired.')
    expect(await page.getByRole('button', { name: 'Pay', exact: true }).count()).toBe(0)
    await open(`/console/offerings/${offeringId}`)
    expect(await page.getByRole('checkbox', { name: 'seat 1' }).isEnabled()).toBe(true)
  })

  it('counts down by the server’s clock, says at times how long is left, and leaves when nobody is signed in', async () => {
    const { offeringId } = await offerSeats(world, 1)
    const { page, context, open } = await come()
    // A browser whose clock is years behind.
    await page.clock.install({ time: '2020-01-01T00:00:00Z' })
    await open(`/console/offerings/${offeringId}`)
    await page.getByRole('checkbox', { name: 'seat 1' }).check()
    await page.getByRole('button', { name: /^Hold/ }).click()
    const clock = page.locator('[data-clock]')
    const said = () => page.locator('[data-announcer]').textContent()
    expect(await clock.textContent()).toMatch(/^(10:00|9:5\d)$/)
    await page.clock.runFor('03:00')
    expect(await clock.textContent()).toMatch(/^[67]:/)
    expect(await said()).not.toContain('5 minutes')
    await page.clock.runFor('02:05')
    expect(await said()).toBe('The hold lasts 5 minutes more.')
    await page.clock.runFor('04:30')
    expect(await said()).toMatch(/^The hold lasts \d\d seconds more\.$/)

    const other = await context.newPage()
    await other.goto(`${world.apiUrl}/console`)
    await other.getByRole('button', { name: 'Sign out' }).click()
    await other.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.clock.runFor('01:00')
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  })

  it('gives a seat that two want at once to one; the other is told kindly and picks another (H-01)', async () => {
    const { offeringId } = await offerSeats(world, 2)
    const rivals = [await come(/^Ada/), await come(/^Ben/)]
    for (const { page, open } of rivals) {
      await open(`/console/offerings/${offeringId}`)
      await page.getByRole('checkbox', { name: 'seat 1' }).check()
    }
    await Promise.all(rivals.map(({ page }) => page.getByRole('button', { name: /^Hold/ }).click()))
    for (const { page } of rivals) await page.locator('[role=alert], [data-events]').first().waitFor()
    const won = rivals.filter(({ page }) => page.url().includes('/checkout/'))
    expect(won).toHaveLength(1)
    const { page } = rivals.find((rival) => !won.includes(rival))!
    expect(await page.getByRole('alert').textContent()).toMatch(/Sold out.*A-1.*pick something else/s)
    expect(await page.getByRole('checkbox', { name: 'seat 1, taken' }).isDisabled()).toBe(true)
    await page.getByRole('checkbox', { name: 'seat 2' }).check()
    await page.getByRole('button', { name: /^Hold/ }).click()
    await page.getByRole('heading', { name: 'Pay 45.00 USD' }).waitFor()
    // Told once: it is not said again.
    expect(await page.getByRole('alert').count()).toBe(0)
  })

  it('says that a card was declined, and takes another', async () => {
    const { offeringId } = await offerSlots(world)
    const { page, open } = await come()
    await open(`/console/offerings/${offeringId}`)
    await page.getByRole('checkbox', { name: '1 of 1 left' }).check()
    await page.getByRole('button', { name: /^Hold/ }).click()
    await page.getByRole('radio', { name: 'A card that is declined' }).check()
    await page.getByRole('button', { name: 'Pay', exact: true }).click()
    await page.getByText('The payment was declined.').waitFor()
    await page.getByRole('button', { name: 'Pay', exact: true }).click()
    await page.locator('.status', { hasText: 'confirmed' }).waitFor()
    expect(await page.getByText('The payment was declined.').count()).toBe(0)
  })

  it('holds for longer, and cancels only after it has shown what comes back (A-07, A-08, A-18)', async () => {
    const { offeringId } = await offerSeats(world, 1, { refund_tiers: [{ hours_before: 1, percent: 50 }] })
    const { page, open } = await come()
    await open(`/console/offerings/${offeringId}`)
    await page.getByRole('checkbox', { name: 'seat 1' }).check()
    await page.getByRole('button', { name: /^Hold/ }).click()
    await page.getByRole('button', { name: 'Hold it longer' }).click()
    await expect.poll(() => page.locator('[data-clock]').textContent(), PATIENTLY).toMatch(/^1[45]:/)
    await page.getByRole('button', { name: 'Pay', exact: true }).click()
    await page.locator('.status', { hasText: 'confirmed' }).waitFor()

    await page.getByRole('link', { name: 'Cancel this booking' }).click()
    expect(await page.locator('dl').textContent()).toMatch(
      /Paid\s*45.00.*Comes back\s*22.50 USD.*50 %.*Is kept\s*22.50/s,
    )
    await page.getByRole('link', { name: 'Keep the booking' }).click()
    await page.getByRole('link', { name: 'Cancel this booking' }).click()
    await page.getByLabel('Reason').fill('ill')
    await page.getByRole('button', { name: 'Cancel the booking' }).click()
    await page.locator('.status', { hasText: 'cancelled' }).waitFor()
    await page.getByText('22.50 USD, completed').waitFor()
    await eventually(async () => {
      expect(await ledgerOf(world, idIn(page.url()))).toMatchObject({ captured: 4500, refunded: 2250 })
    })
  })

  it('is used by the keyboard alone', async () => {
    const { offeringId } = await offerSeats(world, 3)
    const { page, open } = await come()
    await open(`/console/offerings/${offeringId}`)
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content')
    await page.keyboard.press('Enter')
    const isOn = (selector: string) => page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`)
    for (let step = 0; step < 10 && !(await isOn('input[name=seat]')); step += 1) await page.keyboard.press('Tab')
    await page.keyboard.press('Space')
    expect(await page.getByRole('checkbox', { name: 'seat 1' }).isChecked()).toBe(true)
    for (let step = 0; step < 10 && !(await isOn('button.primary')); step += 1) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Pay 45.00 USD' }).waitFor()
  })

  it(
    'has no page that axe finds fault with, in light and dark, on a desk and on a phone',
    { timeout: 180_000 },
    async () => {
      const seats = await offerSeats(world, 60)
      const others = [
        await offerSlots(world, { slots: 4 }),
        await offerTutor(world),
        await offerTables(world),
        await offerCourse(world),
      ]
      const stranger = await browser.person()
      await stranger.page.goto(`${world.apiUrl}/console`)
      await expectAccessibleEverywhere(stranger.page)
      expect(stranger.faults).toEqual([])
      await stranger.context.close()

      const olga = await come(/^Olga/)
      await olga.open(`/console/offerings/${others[0]!.offeringId}`)
      await expectAccessibleEverywhere(olga.page)
      const { page, open } = await come()
      await expectAccessibleEverywhere(page)
      for (const { offeringId } of others) {
        await open(`/console/offerings/${offeringId}`)
        await expectAccessibleEverywhere(page)
      }
      await open(`/console/offerings/${seats.offeringId}`)
      await page.getByRole('button', { name: /^Hold/ }).click()
      await page.getByRole('alert').waitFor()
      await page.getByRole('checkbox', { name: 'seat 1,' }).check()
      await expectAccessibleEverywhere(page)
      await page.getByRole('button', { name: /^Hold/ }).click()
      await page.getByRole('heading', { name: 'Pay 45.00 USD' }).waitFor()
      await expectAccessibleEverywhere(page)
      await page.getByRole('button', { name: 'Pay', exact: true }).click()
      await page.locator('.status', { hasText: 'confirmed' }).waitFor()
      await expectAccessibleEverywhere(page)
      await page.getByRole('link', { name: 'Cancel this booking' }).click()
      await expectAccessibleEverywhere(page)
    },
  )
})
