// `npm run audit`: do workflows, bookings, claims, payments and outbox agree (A-21, H-25)?
import { readFileSync } from 'node:fs'
import { WorkflowFailedError } from '@temporalio/client'
import { InvalidArgumentError } from 'commander'
import { commandLine, placeOf, reaching, runCommand } from '../runtime/command-line.ts'
import { readEngineConfig } from '../config.ts'
import { openDatabase } from '../prisma/client.ts'
import { auditInvariants, type Violation } from '../prisma/invariants.ts'
import { findReport, openDiscrepancies, type ReconciliationReport } from '../prisma/reconciliation.ts'
import { openTemporalClient } from '../temporal/connect.ts'
import { reconcileNow } from '../temporal/reconciliation.ts'
import { runningFile } from './running.ts'
import { namesProfile, withTemporalSettings } from '../temporal/settings.ts'
import { readSettings, type StackUrls } from './settings.ts'

/** The audit reads everything. */
const AUDIT_MS = 120_000

const seconds = (text: string) => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('It is a number of seconds.')
  return value
}

type Options = { repair?: true; restored?: true; grace: number; within: number; json?: true }

const program = commandLine(
  'audit',
  'Compares workflows, bookings, claims, payments and outbox, and exits with 1 when they do not agree. DATABASE_URL, TEMPORAL_ADDRESS and TASK_QUEUE ' +
    'say which; without them, the stack that `npm start` runs here. A worker has to run.',
)
  .option('--repair', 'repair what has one right answer, and call a person for the rest: a run of the reconciliation')
  .option('--restored', 'the database was restored to a time since the last reconciliation, which cannot be noticed')
  .option('--grace <seconds>', 'leave alone what was changed within this time', seconds, 60)
  .option('--within <seconds>', 'give up after this time', seconds, 600)
  .option('--json', 'one JSON document instead of a table')
  .action(async (options: Options) => {
    const { violations, report } = await audit(options)
    const healthy = violations.length === 0
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ healthy, violations, reconciliation: report }, null, 2)}\n`
        : `${table(violations, report)}\n`,
    )
    process.exitCode = healthy ? 0 : 1
  })

await runCommand(program, 2)

/** Has it compared by a worker, then asks the database itself for the invariants 1 to 8. */
async function audit(options: Options): Promise<{ violations: Violation[]; report: ReconciliationReport | null }> {
  const env = withTemporalSettings({ ...hereIfRunning(), ...given() })
  if (!env['DATABASE_URL'] || !env['TEMPORAL_ADDRESS']) {
    throw new Error(
      'Nothing runs here: type `npm start` in another terminal, or set DATABASE_URL and TEMPORAL_ADDRESS.',
    )
  }
  const config = readEngineConfig(env)
  const { DATABASE_URL: url, TEMPORAL_ADDRESS: address } = config
  const wayOut = 'start it, or correct'
  const openTemporal = () =>
    reaching(`Temporal at ${address}`, `${wayOut} TEMPORAL_ADDRESS`, () => openTemporalClient(config))
  const database = openDatabase(url, 1, AUDIT_MS)
  try {
    await reaching(`The database ${placeOf(url)}`, `${wayOut} DATABASE_URL`, () => database.$queryRaw`SELECT 1`)
    const temporal = await openTemporal()
    try {
      const { id } = await reconcileNow(temporal, config.TASK_QUEUE, {
        repairs: options.repair === true,
        graceSeconds: options.grace,
        restored: options.restored === true,
        withinSeconds: options.within,
      }).catch((error: unknown) => {
        throw error instanceof WorkflowFailedError ? notEnded(error, options.within) : error
      })
      const report = await findReport(database, id, 1000)
      return { violations: [...(await auditInvariants(database)), ...openDiscrepancies(report)], report }
    } finally {
      await temporal.connection.close()
    }
  } finally {
    await database.$disconnect()
  }
}

/** Where the stack that runs on this checkout's data has them. */
function hereIfRunning(): NodeJS.ProcessEnv {
  try {
    const file = runningFile(readSettings(process.env).home)
    const { databaseUrl, temporalAddress } = JSON.parse(readFileSync(file, 'utf8')) as StackUrls
    // A profile says where Temporal is, and an address beside it would overrule that.
    return { DATABASE_URL: databaseUrl, ...(!namesProfile(process.env) && { TEMPORAL_ADDRESS: temporalAddress }) }
  } catch {
    return {}
  }
}

function given(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''))
}

function table(violations: readonly Violation[], report: ReconciliationReport | null): string {
  const { bookings = 0, runs = 0, discrepancies = [], restored = false } = report ?? {}
  const rows = [
    ...violations.map(({ invariant, subject, detail }) => ['VIOLATED', invariant, subject, detail] as const),
    ...discrepancies
      .filter(({ outcome }) => outcome !== 'open')
      .map(({ outcome, kind, subject, detail }) => [outcome, kind, subject, detail] as const),
  ]
  const width = (column: 0 | 1 | 2) => Math.max(0, ...rows.map((row) => row[column].length))
  const lines = rows.map(
    ([outcome, kind, subject, detail]) =>
      `  ${outcome.padEnd(width(0))}  ${kind.padEnd(width(1))}  ${subject.padEnd(width(2))}  ${detail}`,
  )
  const looked = `${bookings} open bookings and ${runs} runs were compared${restored ? '; the database had been restored' : ''}.`
  const told = violations.length === 0 ? 'All agree.' : `${violations.length} violations.`
  return [looked, ...lines, told].join('\n')
}

/** Without a worker nobody takes it up. */
function notEnded({ cause }: WorkflowFailedError, seconds: number): Error {
  return new Error(
    `The comparison did not end within ${seconds} s (${cause?.message ?? 'no reason was given'}): does a worker run, as with \`npm start\`?`,
  )
}
