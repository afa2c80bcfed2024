// `npm run demo`: plays the stories of a booking against the running stack, and links each to its run.
import { say } from './launcher/progress.mjs'
import { Failure } from './launcher/tool.mjs'
import { openStage } from './demo-stage.ts'
import { stories } from './demo-stories.ts'
import { runningStack } from './running.ts'

const help = `npm run demo                 play every story against a running \`npm start\`
npm run demo -- late last    only the stories whose name has one of these words`

async function demo(words: readonly string[]): Promise<boolean> {
  const stage = await openStage(runningStack())
  const chosen = stories.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)))
  if (chosen.length === 0)
    throw new Failure(`There is no such story; there are: ${stories.map(({ name }) => name).join(', ')}.`)
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

const args = process.argv.slice(2)
if (args.includes('--help') || args.includes('-h')) {
  say(help)
} else {
  try {
    process.exitCode = (await demo(args)) ? 0 : 1
  } catch (error) {
    process.stderr.write(`${error instanceof Failure ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
