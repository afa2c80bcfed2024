import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkout } from './launcher/cache.mjs'
import { step } from './launcher/progress.mjs'
import { runTool, ToolFailure } from './launcher/tool.mjs'

export type Result = { name: string; ok: boolean; seconds: number; note?: string }

type Check = { name: string; tool: string; args: readonly string[] }

const folders =
  'domain profiles workflows activities services temporal events observability prisma api runtime stack tests bench clients'.split(
    ' ',
  )
const files = ['config.ts', 'worker.ts', 'server.ts', 'relay.ts']
const sources = [...folders, ...files].filter((path) => existsSync(join(checkout, path)))

/** What the compiler remembers of the last time: with it the types are checked in a third of the time. */
const remembered = ['--incremental', '--tsBuildInfoFile', 'node_modules/.cache/types.tsbuildinfo']

const checks: readonly Check[] = [
  { name: 'types', tool: 'typescript:tsc', args: ['--noEmit', '-p', '.', ...remembered] },
  { name: 'format', tool: 'oxfmt', args: ['--check'] },
  { name: 'lint', tool: 'oxlint', args: ['--type-aware'] },
  {
    name: 'boundaries',
    tool: 'dependency-cruiser:depcruise',
    args: ['--config', 'stack/boundaries.mjs', ...sources],
  },
  { name: 'unused code', tool: 'knip', args: ['--config', 'stack/knip.json'] },
]

export const checkNames: readonly string[] = checks.map(({ name }) => name)

/** Runs every check, two at a time, printing what a failing one says. */
export async function runChecks(): Promise<Result[]> {
  const results = new Map<Check, Result>()
  const waiting = [...checks]
  const lane = async () => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      results.set(check, await runCheck(check))
    }
  }
  await Promise.all([lane(), lane()])
  return checks.map((check) => results.get(check)!)
}

async function runCheck({ name, tool, args }: Check): Promise<Result> {
  const began = Date.now()
  const result = (ok: boolean): Result => ({ name, ok, seconds: (Date.now() - began) / 1000 })
  try {
    await step(name, () => runTool(process.execPath, [programOf(tool), ...args], { cwd: checkout }), { always: true })
    return result(true)
  } catch (error) {
    const told = error instanceof ToolFailure ? error.output.trim() : String(error)
    console.error(`\n${name} failed\n${told}\n`)
    return result(false)
  }
}

/** The file of a package's program: "package" or "package:program". Run with node, it works on every system. */
export function programOf(tool: string): string {
  const [name = tool, program = name] = tool.split(':')
  const folder = join(checkout, 'node_modules', name)
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    bin: string | Record<string, string>
  }
  const file = typeof bin === 'string' ? bin : bin[program]
  if (file === undefined) throw new Error(`${name} has no program ${program}`)
  return join(folder, file)
}
