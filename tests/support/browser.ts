import { AxeBuilder } from '@axe-core/playwright'
import { chromium, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core'
import { expect } from 'vitest'
import { CHROMIUM_ARGUMENTS, findChromium, type FoundChromium } from '../../stack/chromium.ts'

/** A real Chromium; close it in `afterAll`. */
export type Browser = {
  /** One person's browser, with cookies of its own. What its pages complain about or cannot load is collected in `faults`. */
  person(options?: BrowserContextOptions): Promise<Person>
  close(): Promise<void>
}

export type Person = { readonly page: Page; readonly context: BrowserContext; readonly faults: readonly string[] }

/** What there is to start, or undefined: tests that need it name it ("needs Chromium") and are skipped then. */
export async function chromiumToHave(): Promise<FoundChromium | undefined> {
  return findChromium().catch(() => undefined)
}

/** Starts Chromium. Throws when there is none: ask `chromiumToHave` first. */
export async function openBrowser(): Promise<Browser> {
  const { path } = await findChromium()
  const browser = await chromium.launch({ executablePath: path, args: [...CHROMIUM_ARGUMENTS] })
  return {
    async person(options = {}) {
      const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Berlin', ...options })
      const page = await context.newPage()
      const faults: string[] = []
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text())
      })
      page.on('pageerror', (error) => faults.push(error.message))
      page.on('requestfailed', (request) => {
        // A stream that is left is not one that failed.
        const why = request.failure()?.errorText ?? ''
        if (why !== 'net::ERR_ABORTED') faults.push(`${request.method()} ${request.url()}: ${why}`)
      })
      return { page, context, faults }
    },
    close: () => browser.close(),
  }
}

/** Fails with what axe finds wrong with a page for people who see, hear or move otherwise (WCAG 2.2, A and AA). */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
    .analyze()
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ html }) => html).join(' | ')})`)
  expect(told, told.join('\n')).toEqual([])
}
