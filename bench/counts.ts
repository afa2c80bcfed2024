import { setTimeout } from 'node:timers/promises'
import { expectOk } from '../stack/client.ts'
import type { Site } from './site.ts'
import type { Workload } from './workloads.ts'

/** A history that has not grown for so long is complete for now. */
const SETTLED_MS = 2000

/** What one confirmed booking costs Temporal, exactly. */
export async function historyCost(
  { temporal }: Site,
  workload: Workload,
): Promise<{ events: number; transitions: number }> {
  const { id } = await workload.once(0)
  if (id === undefined) throw new Error(`${workload.name} makes no booking`)
  // The database says that it is confirmed before Temporal has written down the task that made it so.
  for (let before = 0; ;) {
    const { historyLength, raw } = await temporal.workflow.getHandle(id).describe()
    const transitions = Number(raw.workflowExecutionInfo?.stateTransitionCount ?? Number.NaN)
    if (historyLength === before) return { events: historyLength, transitions }
    before = historyLength
    await setTimeout(SETTLED_MS)
  }
}

/** How many statements and transactions PostgreSQL sees for one held booking, over `count` of them, and how many of those write. */
export async function sqlCost(
  site: Site,
  count: number,
): Promise<{ statements: number; transactions: number; holdStatements: number }> {
  const customer = await site.login('customer', 'bench')
  const order = { profile: 'clinic', items: [{ offering_id: 'bench-manual', unit_id: 'slot' }] }
  const hold = async () => expectOk(await customer('POST', '/bookings', order), 'holding')
  await hold()
  const before = await counters(site)
  for (let n = 0; n < count; n += 1) await hold()
  const after = await counters(site)
  const each = (key: keyof typeof before) => Math.round(((after[key] - before[key]) / count) * 10) / 10
  return { statements: each('statements'), transactions: each('transactions'), holdStatements: each('holds') }
}

async function counters({ database }: Site): Promise<{ statements: number; transactions: number; holds: number }> {
  // Statistics are flushed with a delay: asking forces ours, and the pause lets the others' arrive.
  await setTimeout(1500)
  const { rows } = await database.query<{ statements: string; transactions: string; holds: string }>(`
    SELECT
      (SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
        WHERE d.datname = current_database() AND s.toplevel AND query NOT LIKE '%pg_stat%' AND query NOT LIKE '%processed_events%') AS statements,
      (SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
        WHERE d.datname = current_database() AND s.toplevel AND query LIKE '%hold_booking%') AS holds,
      (SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
        WHERE d.datname = current_database() AND s.toplevel AND query NOT LIKE '%pg_stat%' AND query NOT LIKE '%processed_events%'
          AND (query LIKE '%hold_booking%' OR query LIKE '%record_change%')) AS transactions`)
  const row = rows[0]
  return { statements: Number(row?.statements), transactions: Number(row?.transactions), holds: Number(row?.holds) }
}
