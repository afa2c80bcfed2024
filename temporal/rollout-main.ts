// `npm run rollout -- status|current|ramp|keep|release|prune`: which version of the workers takes the bookings (docs/adr/0018).
import { setTimeout } from 'node:timers/promises'
import { Argument, InvalidArgumentError } from 'commander'
import { commandLine, reaching, runCommand } from '../runtime/command-line.ts'
import { BUILD, readTemporalConfig } from '../config.ts'
import { openTemporalClient } from './connect.ts'
import { KEPT_VERSIONS, pruneVersions, type Pruned } from './deployment-versions.ts'
import { keepOpen, letGo, makeCurrent, ramp, RolloutRefused, routingOf, type Routing } from './deployments.ts'

/** Between two looks for a worker, or for runs that were begun meanwhile; visibility is behind by about a second. */
const PAUSE_MS = 1000

const KEEP_VERSIONS = [
  '--keep-versions <count>',
  'so many versions that nothing goes to any more are not deleted',
  countOf,
  KEPT_VERSIONS,
] as const

const program = commandLine(
  'rollout',
  'Versions of the workers: TEMPORAL_ADDRESS says where, DEPLOYMENT_NAME (holdfast) of what. Every command may be repeated.',
)
const build = () => new Argument('<build>', 'the BUILD_ID of its workers').argParser(nameOfBuild)
const config = () => readTemporalConfig(process.env, '127.0.0.1:7233')

program
  .command('status')
  .description('show what is current, what ramps, and how many open runs each version has')
  .option('--json', 'as one JSON object')
  .action(({ json }: { json?: true }) =>
    withClient(async (client, name) => {
      const routing = await routingOf(client, name)
      print(json ? [JSON.stringify(routing)] : linesOf(routing))
    }),
  )

program
  .command('current')
  .description('route new bookings to a version, and open ones with their next task')
  .addArgument(build().argOptional())
  .option('--none', 'to the workers without a version')
  .option('--keep-open', 'open bookings stay with the version that was current, for a change that does not fit them')
  .option('--wait <seconds>', 'wait so long for its first worker', secondsOf, 60)
  .option(...KEEP_VERSIONS)
  .action((to: string | undefined, { none, keepOpen: keeps, wait, keepVersions }: CurrentOptions) =>
    withClient(async (client, name) => {
      if ((to === undefined) !== (none === true))
        throw new RolloutRefused(
          'Say which: `npm run rollout -- current <build>`, or `npm run rollout -- current --none`.',
        )
      const before = await waiting(wait, () => routingOf(client, name))
      // First, because at Temporal's limit the new version's workers are not let in before there is room.
      const pruned = await pruneVersions(client, name, before.versions, keepVersions, to ?? null)
      // Also when it is current already: an earlier try may have died in between.
      const left = keeps ? before.versions.filter(({ buildId }) => buildId !== to) : []
      const keep = async () => {
        let kept = 0
        for (const { buildId } of left) kept += await keepOpen(client, name, buildId)
        return kept
      }
      let kept = await keep()
      await waiting(wait, () => makeCurrent(client, name, to ?? null))
      // Those that were begun while the version changed.
      for (let more = left.length; more > 0; kept += more) {
        await setTimeout(PAUSE_MS)
        more = await keep()
      }
      print([
        `Current: ${to ?? 'the workers without a version'}.`,
        ...(keeps ? [`Kept where they were: ${kept}.`] : []),
        ...(pruned.deleted.length > 0 ? linesOfPruned(pruned) : []),
      ])
    }),
  )

program
  .command('ramp')
  .description('route some of the bookings to a version; 0 ends it')
  .addArgument(build())
  .argument('<percentage>', '0 to 100', percentageOf)
  .action((to: string, percentage: number) =>
    withClient(async (client, name) => {
      await ramp(client, name, to, percentage)
      print([`Ramping: ${percentage === 0 ? 'nothing' : `${to}, ${percentage} %`}.`])
    }),
  )

program
  .command('keep')
  .description('keep the open runs of a version with it, whatever is current')
  .addArgument(build())
  .action((of: string) =>
    withClient(async (client, name) => print([`Kept with ${of}: ${await keepOpen(client, name, of)}.`])),
  )

program
  .command('release')
  .description('let the kept runs of a version move to the current one')
  .addArgument(build())
  .action((of: string) =>
    withClient(async (client, name) => print([`Released from ${of}: ${await letGo(client, name, of)}.`])),
  )

program
  .command('prune')
  .description('delete the versions that nothing goes to, but for the last few; `current` does so as well')
  .option(...KEEP_VERSIONS)
  .action(({ keepVersions }: { keepVersions: number }) =>
    withClient(async (client, name) => {
      const { versions } = await routingOf(client, name)
      print(linesOfPruned(await pruneVersions(client, name, versions, keepVersions, null)))
    }),
  )

await runCommand(program)

type CurrentOptions = { none?: true; keepOpen?: true; wait: number; keepVersions: number }
type Client = Awaited<ReturnType<typeof openTemporalClient>>

async function withClient(act: (client: Client, deploymentName: string) => Promise<void>): Promise<void> {
  const settings = config()
  const wayOut = 'start it with `npm start`, or say where it is with TEMPORAL_ADDRESS'
  const client = await reaching(`Temporal at ${settings.TEMPORAL_ADDRESS}`, wayOut, () => openTemporalClient(settings))
  try {
    await act(client, settings.DEPLOYMENT_NAME)
  } finally {
    await client.connection.close()
  }
}

/** A version is known from its first worker's first poll on. */
async function waiting<Answer>(seconds: number, ask: () => Promise<Answer>): Promise<Answer> {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof RolloutRefused) || Date.now() > deadline) throw error
      await setTimeout(PAUSE_MS)
    }
  }
}

function linesOf({ current, ramping, versions }: Routing): string[] {
  return [
    `current  ${current ?? 'the workers without a version'}`,
    `ramping  ${ramping === null ? 'nothing' : `${ramping.buildId}, ${ramping.percentage} %`}`,
    ...versions.map(({ buildId, state, open }) => `version  ${buildId}  open runs ${open}  ${state}`),
  ]
}

function linesOfPruned({ deleted, left }: Pruned): string[] {
  return [
    `Deleted: ${deleted.length === 0 ? 'none' : deleted.join(', ')}.`,
    ...left.map(({ buildId, reason }) => `Not deleted: ${buildId} (${reason}).`),
  ]
}

function countOf(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError('It is not a number of versions.')
  return Number(text)
}

function nameOfBuild(text: string): string {
  if (!BUILD.test(text)) throw new InvalidArgumentError('It is not the name of a build.')
  return text
}

function percentageOf(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 100)) throw new InvalidArgumentError('It is not 0 to 100.')
  return value
}

function secondsOf(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('It is not a number of seconds.')
  return Number(text)
}

function print(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`)
}
