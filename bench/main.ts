// `npm run bench -- --quick`: what a booking costs, beside what Temporal itself costs, in one run.
import { cpus, totalmem } from 'node:os'
import { InvalidArgumentError } from 'commander'
import { commandLine, runCommand } from '../runtime/command-line.ts'
import { say, step } from '../stack/launcher/progress.mjs'
import { historyCost, sqlCost } from './counts.ts'
import { benchDoors } from './doors.ts'
import { run, type Sample } from './measure.ts'
import { aimsTable, cpuByProgram, summarise, table, type Aim } from './report.ts'
import { onSite, type Site } from './site.ts'
import { benchStream } from './stream.ts'
import { bareSaga, emptyWorkflow, realBooking, soldOut, type Workload } from './workloads.ts'

const count = (text: string): number => {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1.')
  return Number(text)
}

type Options = { quick?: true; rounds?: number; kafka?: true; doors?: true }

const program = commandLine(
  'bench',
  'Measures bookings beside an empty workflow and a bare saga, interleaved, and prints the ratios.',
)
  .option('--quick', 'three short rounds instead of five long ones')
  .option('--rounds <n>', 'so many rounds', count)
  .option('--kafka', 'measures the way of facts to Kafka instead, beside a bare producer')
  .option('--doors', 'measures what a door adds instead: the same requests at the API and at each door over HTTP')
  .action(async ({ quick, rounds = quick ? 3 : 5, kafka, doors }: Options) => {
    const size = quick ? 1 : 3
    if (doors) return onSite((site) => benchDoors(site, rounds, size))
    await (kafka ? benchStream(rounds, size) : onSite((site) => bench(site, rounds, size)))
  })

process.exit(await runCommand(program))

async function bench(site: Site, rounds: number, size: number): Promise<void> {
  const baselines = [emptyWorkflow(site), bareSaga(site)]
  const bookings = [await realBooking(site, 'automatic'), await realBooking(site, 'manual')]
  const workloads = [...baselines, ...bookings]
  await step('Warming up', async () => {
    for (const workload of workloads) await run(4, 40, (n) => workload.once(n))
  })

  const samples = new Map<string, Sample[]>()
  const key = (workload: Workload, clients: number) => `${workload.name} ${clients}`
  for (let round = 1; round <= rounds; round += 1) {
    await step(`Round ${round} of ${rounds}`, async () => {
      for (const clients of [1, 8]) {
        // Interleaved, so that a noisy minute of a shared machine spoils all alike.
        for (const workload of workloads) {
          const sample = await run(clients, size * (clients === 1 ? 30 : 120), (n) => workload.once(n))
          samples.set(key(workload, clients), [...(samples.get(key(workload, clients)) ?? []), sample])
        }
      }
    })
  }
  const figures = (workload: Workload, clients: number) =>
    summarise(samples.get(key(workload, clients)) ?? [], baselines.includes(workload))
  const refused = await soldOut(site)
  await run(8, 200, (n) => refused.once(n))
  const refusals = summarise([await run(8, 2000 * size, (n) => refused.once(n))], false)
  const [automatic, manual] = [await historyCost(site, bookings[0]!), await historyCost(site, bookings[1]!)]
  const sql = await sqlCost(site, 20)

  const rows = workloads.flatMap((workload) =>
    [1, 8].map((clients) => {
      const { p50, p99, perSecond, cpuMs } = figures(workload, clients)
      return [
        `${workload.name}, ${clients} at a time`,
        p50.toFixed(1),
        p99.toFixed(1),
        perSecond.toFixed(1),
        cpuMs?.toFixed(1) ?? '–',
      ]
    }),
  )
  rows.push([
    'sold-out answer, 8 at a time',
    refusals.p50.toFixed(1),
    refusals.p99.toFixed(1),
    refusals.perSecond.toFixed(0),
    refusals.cpuMs?.toFixed(2) ?? '–',
  ])
  say(
    `\n${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${rounds} rounds, medians.`,
  )
  say(
    'Temporal is the development server with its database file, as `npm start` has it. CPU leaves out the sandbox and, for bookings, the bench itself.\n',
  )
  say(table([['', 'first answer p50 ms', 'p99 ms', 'per second', 'CPU ms each'], ...rows]))
  for (const workload of workloads) {
    say(`CPU of ${workload.name}: ${cpuByProgram(samples.get(key(workload, 8)) ?? [])}`)
  }
  say(
    `\nhistory to confirmed: ${automatic.events} events, ${automatic.transitions} transitions; with capture ${manual.events} and ${manual.transitions}`,
  )
  say(
    `SQL to hold and ask for the payment: ${sql.statements} statements, of which ${sql.transactions} write (${sql.holdStatements} holds the units); each is a transaction of its own\n`,
  )

  const ratio = (a: number | null, b: number | null) => (a === null || b === null ? null : a / b)
  const [empty, bare, auto, manually] = workloads.map((workload) => ({
    one: figures(workload, 1),
    eight: figures(workload, 8),
  }))
  const kinds = [
    { kind: 'captured at once', booking: auto! },
    { kind: 'with capture', booking: manually! },
  ]
  const aims: Aim[] = [
    ...(['one', 'eight'] as const).flatMap((clients) =>
      kinds.map(({ kind, booking }) => ({
        what: `time to hold / bare saga, ${clients} at a time, ${kind}`,
        measured: ratio(booking[clients].p50, bare![clients].p50),
        aim: 1.3,
      })),
    ),
    ...kinds.map(({ kind, booking }) => ({
      what: `CPU / empty workflow, eight at a time, ${kind}`,
      measured: ratio(booking.eight.cpuMs, empty!.eight.cpuMs),
      aim: 1.5,
    })),
    { what: 'events to confirmed', measured: automatic.events, aim: 18 },
    { what: 'transitions to confirmed', measured: automatic.transitions, aim: 4 },
    { what: 'events to confirmed, with capture', measured: manual.events, aim: 24 },
    { what: 'transitions to confirmed, with capture', measured: manual.transitions, aim: 8 },
    { what: 'transactions that hold', measured: sql.holdStatements, aim: 1 },
    {
      what: 'sold-out answers / bookings, 8 at a time',
      measured: ratio(refusals.perSecond, manually!.eight.perSecond),
      aim: 20,
      atLeast: true,
    },
  ]
  say(aimsTable(aims))
}
