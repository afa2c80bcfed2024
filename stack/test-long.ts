// `npm run test:long`: the tests that `npm test` leaves out because they are storms or take minutes (tests/long).
import { commandLine, runCommand } from '../runtime/command-line.ts'
import { findComponents } from './components.ts'
import { afterSecondTry, failedFiles, total } from './counts.ts'
import { say } from './launcher/progress.mjs'
import { stopTools } from './launcher/tool.mjs'
import { report } from './test-report.ts'
import { checkArguments, runTests } from './tests.ts'

const program = commandLine(
  'test:long',
  'The tests that npm test leaves out: storms, outages, crashes at every point, long random runs and browsers. With CI in the environment a file that failed runs once more, and is named as unsteady when it passes then.',
)
  .argument('[for vitest...]', 'as in: tests/long/chaos')
  .allowUnknownOption()
  .action(async (args: string[]) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
    process.exitCode = (await testLong(args)) ? 0 : 1
  })

let stopped = false

async function testLong(args: readonly string[]): Promise<boolean> {
  checkArguments(args)
  const components = await findComponents()
  if (stopped) return false
  const first = await runTests(['--project=long*', ...args], 'long tests')
  const failed = failedFiles(first.files)
  const isLast = process.env['CI'] === undefined || failed.length === 0 || stopped
  if (isLast) return report([first], total(first.files), components, [])
  say(`\nOnce more, because they failed:\n${failed.map((file) => `  ${file}`).join('\n')}\n`)
  const second = await runTests(['--project=long*', ...failed], 'once more')
  const { files, unsteady } = afterSecondTry(first.files, second.files)
  const notes = unsteady.map((file) => `unsteady: ${file} failed, and passed at the second try`)
  return report([first, second], total(files), components, notes)
}

function stop(): void {
  stopped = true
  stopTools()
}

await runCommand(program)
