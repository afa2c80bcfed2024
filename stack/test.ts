// `npm test`: every check, then every test. With arguments, only the tests those select: npm test -- tests/workflows
import { commandLine, runCommand } from '../command-line.ts'
import { runChecks } from './checks.ts'
import { findComponents, type Component } from './components.ts'
import { say } from './launcher/progress.mjs'
import { stopTools } from './launcher/tool.mjs'
import { summary } from './summary.ts'
import { checkArguments, runTests } from './tests.ts'

const program = commandLine(
  'test',
  'Every check (npm run check), then every test; with arguments only the tests that they select.',
)
  .argument('[for vitest...]', 'as in: tests/workflows -t expires')
  .allowUnknownOption()
  .action(async (args: string[]) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
    process.exitCode = (await test(args)) ? 0 : 1
  })

let stopped = false

async function test(args: readonly string[]): Promise<boolean> {
  checkArguments(args)
  // Fetching what the tests need goes on while the checks run.
  const [components, checked] = await Promise.all([findComponents(), args.length === 0 ? runChecks() : []])
  if (stopped) return false
  const tests = await runTests(args)
  say(summary([...checked, tests]))
  for (const told of tests.secondTry) say(`  passed at the second try only: ${told}`)
  say(optionalParts(components, tests.skipped))
  return [...checked, tests].every(({ ok }) => ok)
}

function stop(): void {
  stopped = true
  stopTools()
}

/** Names each component, found or not, and the tests that were skipped: those that need it, then all others. */
function optionalParts(components: readonly Component[], skipped: readonly string[]): string {
  const lines = components.flatMap((component) => {
    const needing = skipped.filter((test) => test.includes(`needs ${component.name}`))
    const state = 'found' in component ? component.found : `MISSING: ${component.missing}`
    return [`  ${component.name}: ${state}`, ...needing.map((test) => `    skipped: ${test}`)]
  })
  const others = skipped.filter((test) => !components.some(({ name }) => test.includes(`needs ${name}`)))
  return [...lines, ...others.map((test) => `  skipped: ${test}`), ''].join('\n')
}

await runCommand(program)
