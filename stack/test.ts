// `npm test`: every check, then every test but the long ones. With arguments, only the tests those select: npm test -- tests/workflows
import { commandLine, runCommand } from '../runtime/command-line.ts'
import { runChecks } from './checks.ts'
import { findComponents } from './components.ts'
import { total } from './counts.ts'
import { stopTools } from './launcher/tool.mjs'
import { report } from './test-report.ts'
import { checkArguments, runTests } from './tests.ts'

const LONG = 'storms, outages, crashes at every point, long random runs and browsers'

const program = commandLine(
  'test',
  `Every check (npm run check), then every test but the long ones (npm run test:long: ${LONG}); with arguments only the tests that they select.`,
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
  // Who names a long one gets it.
  const isLong = args.some((arg) => arg.includes('tests/long'))
  const tests = await runTests(isLong ? args : ['--project=!long*', ...args])
  const notes = args.length === 0 ? [`Not run: ${LONG} (tests/long). They are run by: npm run test:long`] : []
  return report([...checked, tests], total(tests.files), components, notes)
}

function stop(): void {
  stopped = true
  stopTools()
}

await runCommand(program)
