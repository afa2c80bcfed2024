// The front door of every npm script: plain JavaScript for any Node >= 18, no dependencies.
// It brings the right Node, the dependencies and the Prisma client, then hands over to the command's own file.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, checkout } from './stack/launcher/cache.mjs'
import { commands, helpText } from './stack/launcher/commands.mjs'
import { ensureDependencies } from './stack/launcher/dependencies.mjs'
import { ensureNode } from './stack/launcher/node.mjs'
import { ensurePrismaClient } from './stack/launcher/prisma.mjs'
import { say } from './stack/launcher/progress.mjs'
import { run } from './stack/launcher/run.mjs'
import { Failure, stopTools } from './stack/launcher/tool.mjs'

const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

function stopOn(signal) {
  stopTools()
  process.exit(exitCodes[signal])
}

async function launch([name, ...rest]) {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    say(helpText())
    return name === undefined ? 1 : 0
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) {
    throw new Failure(`There is no command "${name}". \`node launch.mjs --help\` lists them.`)
  }
  const [file, ...args] = command.run
  if (!existsSync(join(checkout, file))) {
    throw new Failure(`"${name}" needs ${file}, which is not in this checkout.`)
  }

  const signals = Object.keys(exitCodes)
  for (const signal of signals) process.on(signal, stopOn)
  const cache = cacheFolder()
  if (cache.fallback && !existsSync(cache.path)) {
    console.error('There is no writable home folder: downloads are kept in .holdfast/cache of this checkout.')
  }
  const node = await ensureNode(cache)
  await ensureDependencies(cache)
  await ensurePrismaClient(node)
  for (const signal of signals) process.off(signal, stopOn)
  return run(node, [file, ...args, ...rest], name)
}

try {
  process.exitCode = await launch(process.argv.slice(2))
} catch (error) {
  console.error(process.env.HOLDFAST_DEBUG ? error : error.message)
  process.exitCode = 1
}
