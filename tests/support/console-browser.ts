import type { BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'
import { expectAccessible, type Browser, type Person } from './browser.ts'
import type { World } from './world.ts'

/** Somebody at the console; `open` goes to one of its pages. */
export type AtConsole = Person & { readonly open: (path: string) => Promise<void> }

/** Somebody of the demo who has signed in to the console by picking their name. */
export async function atConsole(
  browser: Browser,
  { apiUrl }: Pick<World, 'apiUrl'>,
  name: RegExp,
  options: BrowserContextOptions = {},
): Promise<AtConsole> {
  const person = await browser.person({ viewport: { width: 1100, height: 900 }, ...options })
  await person.page.goto(`${apiUrl}/console`)
  await person.page.getByRole('button', { name }).click()
  await person.page.getByRole('heading', { name: 'Box office' }).waitFor()
  return {
    ...person,
    async open(path) {
      await person.page.goto(`${apiUrl}${path}`)
    },
  }
}

/** Expects a page to be accessible in light on a desk and in dark on a phone, where nothing of it is wider than the screen. */
export async function expectAccessibleEverywhere(page: Page): Promise<void> {
  const size = page.viewportSize()
  await expectAccessible(page)
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.setViewportSize({ width: 390, height: 844 })
  await expectAccessible(page)
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390)
  await page.emulateMedia({ colorScheme: 'light' })
  if (size !== null) await page.setViewportSize(size)
}

/** Marks the page as it is: a reload would lose the mark. */
export async function expectNoReload(page: Page, operation: () => Promise<void>): Promise<void> {
  await page.evaluate('window.holdfastMark = true')
  await operation()
  expect(await page.evaluate('window.holdfastMark')).toBe(true)
}
