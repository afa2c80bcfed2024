// `npm run demo`: plays the stories of a booking against the running stack, and links each to its run.
import { commandLine, runCommand } from '../runtime/command-line.ts'
import { say } from './launcher/progress.mjs'
import { Failure } from './launcher/tool.mjs'
import { openStage } from './demo-stage.ts'
import { stories } from './demo-stories.ts'
import { runningStack } from './running.ts'

const program = commandLine('demo', 'Plays the stories of a booking against a running `npm start`.')
  .argument('[words...]', 'only the stories whose name has one of these, as in: late last')
  .action(async (words: string[]) => {
    process.exitCode = (await demo(words)) ? 0 : 1
  })

await runCommand(program)

async function demo(words: readonly string[]): Promise<boolean> {
  const chosen = stories.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)))
  if (chosen.length === 0)
    throw new Failure(`There is no such story; there are: ${stories.map(({ name }) => name).join(', ')}.`)
  const stage = await openStage(runningStack())
  let failed = 0
  for (const { name, about, play } of chosen) {
    say(`\n${name}: ${about}`)
    try {
      await play(stage)
      say('  ✓ as it should be')
    } catch (error) {
      failed += 1
      say(`  ✗ ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  say(failed === 0 ? `\nAll ${chosen.length} stories passed.` : `\n${failed} of ${chosen.length} stories failed.`)
  return failed === 0
}
