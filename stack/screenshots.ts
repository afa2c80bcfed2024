// `npm run screenshots`: the pictures of the documents, made anew in a real Chromium on a stack of its own.
import { commandLine, runCommand } from '../runtime/command-line.ts'
import { Failure } from './launcher/tool.mjs'
import { take } from './screenshots/camera.ts'
import { onOwnStack } from './own-stack.ts'
import { playScenes } from './screenshots/scenes.ts'
import { shotsOf } from './screenshots/shots.ts'

const program = commandLine(
  'screenshots',
  "Takes the pictures of docs/images anew. Needs Chromium (CHROMIUM_PATH, one that is installed, or npm's). Ports and data are its own: `npm start` may run beside it.",
)
  .argument('[words...]', 'only those whose name has one of these, as in: desk')
  .action(screenshots)

// The supervisor's and the browser's sockets would keep the process.
process.exit(await runCommand(program))

async function screenshots(words: readonly string[]): Promise<void> {
  await onOwnStack('screenshots', async (urls) => {
    const shots = shotsOf(urls, await playScenes(urls))
    const chosen = shots.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)))
    if (chosen.length === 0)
      throw new Failure(`There is no such picture; there are: ${shots.map(({ name }) => name).join(', ')}.`)
    await take(urls, chosen)
  })
}
