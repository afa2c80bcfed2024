// `npm test`: every check, then every test but the long ones. With arguments, only the tests those select: npm test -- tests/workflows
import { runChecks } from './checks.ts'
import { findComponents } from './components.ts'
import { total } from './counts.ts'
import { say } from './launcher/progress.mjs'
import { stopTools } from './launcher/tool.mjs'
import { report } from './test-report.ts'
import { runTests } from './tests.ts'

const help = `npm test                    every check (npm run check), then every test but the long ones
npm test -- <for vitest>    only these tests, as in: npm test -- tests/workflows -t expires
npm run test:long           the long ones: storms, outages, crashes at every point, long random runs, browsers`

const ELSEWHERE =
  'Not run: storms, outages, crashes at every point, long random runs and browsers (tests/long): npm run test:long\n'

let stopped = false

async function test(args: readonly string[]): Promise<boolean> {
  // Fetching what the tests need goes on while the checks run.
  const [components, checked] = await Promise.all([findComponents(), args.length === 0 ? runChecks() : []])
  if (stopped) return false
  // Who names a long one gets it.
  const isLong = args.some((arg) => arg.includes('tests/long'))
  const tests = await runTests(isLong ? args : ['--project=!long*', ...args])
  return report([...checked, tests], total(tests.files), components, args.length === 0 ? [ELSEWHERE] : [])
}

const args = process.argv.slice(2)
if (args.includes('--help') || args.includes('-h')) {
  say(help)
} else {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      stopped = true
      stopTools()
    })
  }
  process.exitCode = (await test(args)) ? 0 : 1
}
