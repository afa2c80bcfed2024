import type { Logger } from 'pino'
import { openDatabase } from './client.ts'
import { refreshViews } from './reports.ts'
import { startPoller, type Poller } from '../runtime/poller.ts'

/** A refresh may take this long, in milliseconds. */
const PATIENCE_MS = 120_000

export type RefreshPorts = {
  readonly config: { readonly DATABASE_URL: string; readonly REPORT_REFRESH_SECONDS: number }
  readonly log: Logger
}

/**
 * Keeps the reports' views younger than REPORT_REFRESH_SECONDS and the time a refresh takes, until stopped (C-13). Every worker runs one; an advisory
 * lock lets one at a time, and what it did is not done again. A loop and no Temporal Schedule: there is nothing here to be durable about, and a
 * schedule would keep a history a minute of it. On a connection of its own: bookings do not wait behind it.
 */
export function startReportRefresh({ config, log }: RefreshPorts): Poller {
  const seconds = config.REPORT_REFRESH_SECONDS
  const database = openDatabase(config.DATABASE_URL, 1, PATIENCE_MS)
  const round = async () => {
    await refreshViews(database, seconds)
    return false
  }
  const trouble = 'the views of the reports could not be refreshed'
  // Twice as often as they may grow old: whoever comes too early does nothing.
  const poller = startPoller({ round, intervalMs: seconds * 500, log, trouble })
  return {
    async stop() {
      await poller.stop()
      await database.$disconnect()
    },
  }
}
