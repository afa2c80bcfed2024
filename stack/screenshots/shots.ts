import type { Page } from 'playwright-core'
import { filled, SAVED_QUERIES, type SavedQuery } from '../../temporal/saved-queries.ts'
import type { OwnStack } from '../own-stack.ts'
import type { Scenes } from './scenes.ts'

/** A picture of docs/images: where it is taken, and what is waited for and done before. */
export type Shot = {
  readonly name: string
  readonly url: string
  /** The height of the window; the width is always the same. */
  readonly height?: number
  readonly prepare: (page: Page) => Promise<unknown>
}

/** Every picture of the documents, in the order of docs/operators.md. */
export function shotsOf(urls: OwnStack, scenes: Scenes): Shot[] {
  return [...ofTemporal(urls, scenes), ...ofConsole(urls, scenes)]
}

function ofTemporal({ temporalUi }: OwnStack, scenes: Scenes): Shot[] {
  const workflows = `${temporalUi}/namespaces/default/workflows`
  const list = (name: string, query: SavedQuery, shows: string): Shot => ({
    name,
    url: `${workflows}?query=${encodeURIComponent(filled(query))}`,
    height: 680,
    prepare: (page) => reloadedUntil(page, shows),
  })
  const details = (name: string, of: keyof Scenes, height = 900): Shot => ({
    name,
    // Its first run had ended when its seat was taken away.
    url: `${workflows}/${scenes[of].id}${of === 'displaced' ? '.followup' : ''}`,
    height,
    prepare: async (page) => {
      await page.getByText('User Metadata').first().click()
      // What is written in Markdown is shown in frames of its own.
      await page.locator('iframe').last().contentFrame().getByText(scenes[of].reference).first().waitFor()
    },
  })
  const attention = `${workflows}/${scenes.attention.id}`
  return [
    { name: 'temporal-list', url: workflows, prepare: (page) => reloadedUntil(page, scenes.pending.reference) },
    list('temporal-needs-attention', SAVED_QUERIES.needsAttention, scenes.attention.reference),
    list('temporal-refund-pending', SAVED_QUERIES.refundPending, scenes.refundPending.reference),
    details('temporal-pending', 'pending'),
    details('temporal-awaiting-approval', 'approval'),
    details('temporal-confirmed', 'confirmed'),
    details('temporal-displaced', 'displaced'),
    details('temporal-refunded', 'refunded'),
    details('temporal-expired', 'expired'),
    details('temporal-attention', 'attention', 1000),
    {
      name: 'temporal-history',
      url: `${workflows}/${scenes.refundPending.id}`,
      height: 1000,
      prepare: async (page) => {
        await page
          .getByText(/Attempt \d+/)
          .first()
          .waitFor()
        // Beside the input, which would scroll by itself.
        await page.mouse.move(1100, 520)
        await page.mouse.wheel(0, 620)
      },
    },
    {
      name: 'temporal-search-attributes',
      url: attention,
      height: 800,
      prepare: async (page) => {
        await page.getByText('Search Attributes').first().click()
        await page.getByText('BookingAttention').last().waitFor()
      },
    },
    {
      name: 'temporal-update',
      url: attention,
      height: 800,
      prepare: async (page) => {
        const { refundKey } = scenes.attention
        await page.getByRole('button', { name: 'More Actions' }).filter({ visible: true }).first().click()
        await page.getByRole('menuitem', { name: 'Send an Update' }).filter({ visible: true }).first().click()
        const form = page.getByRole('dialog').filter({ hasText: 'Send an Update' }).filter({ visible: true })
        await form.getByTestId('update-select-button').click()
        await form.getByRole('option', { name: 'settle_refund' }).click()
        await form.locator('.cm-content').click()
        await page.keyboard.insertText(JSON.stringify({ reason: 'paid back in cash, receipt 18', refundKey }, null, 2))
      },
    },
  ]
}

function ofConsole({ api }: OwnStack, scenes: Scenes): Shot[] {
  const shot = (name: string, path: string, shows: string, height = 800): Shot => ({
    name,
    url: `${api}/console${path}`,
    height,
    prepare: (page) => page.getByText(shows).first().waitFor(),
  })
  return [
    shot('console-box-office', '', 'Box office'),
    shot('console-seats', '/offerings/demo-event', 'Demo concert'),
    shot('console-checkout', `/checkout/${scenes.pending.id}`, scenes.pending.reference, 1000),
    shot('console-desk', '/desk', 'The audit of the invariants'),
    shot('console-find', '/bookings', scenes.refundPending.reference),
    shot('console-booking', `/bookings/${scenes.refunded.id}`, scenes.refunded.reference, 1300),
    {
      name: 'console-attention',
      url: `${api}/console/bookings/${scenes.attention.id}`,
      height: 800,
      prepare: async (page) => {
        await page.getByText('Settle the refund', { exact: true }).first().click()
        await page.locator('#reason-settle_refund').fill('paid back in cash, receipt 18')
      },
    },
  ]
}

/** Temporal's list is behind its workflows by a moment. */
async function reloadedUntil(page: Page, shows: string): Promise<void> {
  for (let tries = 0; tries < 15; tries += 1) {
    const isThere = await page
      .getByText(shows)
      .first()
      .waitFor({ timeout: 4000 })
      .then(() => true)
      .catch(() => false)
    if (isThere) return
    await page.reload()
  }
  throw new Error(`${page.url()} does not show ${shows}`)
}
