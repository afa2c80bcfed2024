import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { chromium, type BrowserContext } from 'playwright-core'
import { SAVED_QUERIES } from '../../temporal/saved-queries.ts'
import { CHROMIUM_ARGUMENTS, findChromium } from '../chromium.ts'
import { checkout } from '../launcher/cache.mjs'
import { say } from '../launcher/progress.mjs'
import { tokenFor } from '../sandbox-token.ts'
import type { OwnStack } from '../own-stack.ts'
import type { Shot } from './shots.ts'

const WIDTH = 1280
const HEIGHT = 800
const PATIENCE_MS = 30_000
/** Pages fade in, and Temporal's draws after it has loaded. */
const SETTLED_MS = 1500

/** The columns that docs/operators.md has operators choose. */
const COLUMNS = ['Status', 'BookingReference', 'BookingStatus', 'BookingAttention', 'BookingRefund', 'Workflow ID']

/** Takes the pictures in a real Chromium, at a fixed size and in UTC, into docs/images. */
export async function take(urls: OwnStack, shots: readonly Shot[]): Promise<void> {
  const folder = join(checkout, 'docs', 'images')
  mkdirSync(folder, { recursive: true })
  const { path } = await findChromium()
  const browser = await chromium.launch({ executablePath: path, args: [...CHROMIUM_ARGUMENTS] })
  try {
    const context = await browser.newContext({
      viewport: { width: WIDTH, height: HEIGHT },
      deviceScaleFactor: 1,
      locale: 'en-GB',
      timezoneId: 'UTC',
      colorScheme: 'light',
    })
    context.setDefaultTimeout(PATIENCE_MS)
    await asOperator(context, urls)
    for (const { name, url, height = HEIGHT, prepare } of shots) {
      const page = await context.newPage()
      await page.setViewportSize({ width: WIDTH, height })
      await page.goto(url, { waitUntil: 'load' })
      await prepare(page)
      await setTimeout(SETTLED_MS)
      await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' })
      await page.close()
      say(`  docs/images/${name}.png`)
    }
  } finally {
    await browser.close()
  }
}

/** Signed in to the console; in Temporal's UI with the columns and the saved views that an operator would have. */
async function asOperator(context: BrowserContext, { api, sandbox }: OwnStack): Promise<void> {
  const token = await tokenFor(sandbox, { role: 'operator', sub: 'olga' })
  await context.request.post(`${api}/console/sign-in`, { form: { token }, headers: { origin: api } })
  const views = Object.entries(SAVED_QUERIES)
    .filter(([, { query }]) => !query.includes('{'))
    .map(([id, { title: name, query }]) => ({ id, name, query, type: 'user' }))
  const kept = {
    'namespace-workflow-table-columns': { default: COLUMNS.map((label) => ({ label })) },
    'saved-workflow-queries': { default: views },
  }
  await context.addInitScript(
    (entries) => {
      for (const [name, text] of entries) localStorage.setItem(name, text)
    },
    Object.entries(kept).map(([name, entry]) => [name, JSON.stringify(entry)] as const),
  )
}
