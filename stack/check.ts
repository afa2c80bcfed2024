// `npm run check`: everything that can be said about the code without running it.
import { commandLine, runCommand } from '../runtime/command-line.ts'
import { runChecks } from './checks.ts'
import { say } from './launcher/progress.mjs'
import { stopTools } from './launcher/tool.mjs'
import { summary } from './summary.ts'

const program = commandLine('check', 'Format, lint, types, boundaries and unused code.').action(check)

await runCommand(program)

async function check(): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      stopTools()
      process.exit(130)
    })
  }
  const results = await runChecks()
  say(summary(results))
  process.exitCode = results.every(({ ok }) => ok) ? 0 : 1
}
