// `npm run screenshots`: the pictures of the documents, made anew in a real Chromium on a stack of its own.
import { say } from './launcher/progress.mjs'
import { Failure } from './launcher/tool.mjs'
import { take } from './screenshots/camera.ts'
import { onOwnStack } from './screenshots/own-stack.ts'
import { playScenes } from './screenshots/scenes.ts'
import { shotsOf } from './screenshots/shots.ts'

const help = `npm run screenshots              take every picture of docs/images anew
npm run screenshots -- desk      only those whose name has one of these words

Needs Chromium (CHROMIUM_PATH, one that is installed, or npm's). Ports and data are its own: \`npm start\` may run beside it.`

async function screenshots(words: readonly string[]): Promise<void> {
  await onOwnStack(async (urls) => {
    const shots = shotsOf(urls, await playScenes(urls))
    const chosen = shots.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)))
    if (chosen.length === 0)
      throw new Failure(`There is no such picture; there are: ${shots.map(({ name }) => name).join(', ')}.`)
    await take(urls, chosen)
  })
}

const args = process.argv.slice(2)
if (args.includes('--help') || args.includes('-h')) {
  say(help)
} else {
  const code = await screenshots(args).then(
    () => 0,
    (error: unknown) => {
      const isPlain = error instanceof Failure && !process.env['HOLDFAST_DEBUG']
      process.stderr.write(`${isPlain ? error.message : error instanceof Error ? error.stack : String(error)}\n`)
      return 1
    },
  )
  // The supervisor's and the browser's sockets would keep the process.
  process.exit(code)
}
