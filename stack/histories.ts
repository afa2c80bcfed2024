// `npm run histories`: lives through every story of tests/support/stories.ts that has no recorded history, and records it.
import { commandLine, runCommand } from '../runtime/command-line.ts'
import { checkArguments, runTests } from './tests.ts'

const program = commandLine(
  'histories',
  'Records the histories of the stories in tests/support/stories.ts that have none.',
)
  .argument('[for vitest...]', 'as in: -t expires')
  .allowUnknownOption()
  .action(async (args: string[]) => {
    checkArguments(args)
    const { ok } = await runTests(['--config', 'tests/support/recorder.config.ts', ...args])
    process.exitCode = ok ? 0 : 1
  })

await runCommand(program)
