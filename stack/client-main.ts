// `npm run client`: writes what of the TypeScript client follows from the OpenAPI document.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandLine, runCommand } from '../runtime/command-line.ts'
import { CLIENT_FILES, clientSources } from './client/source.ts'
import { checkout } from './launcher/cache.mjs'

const program = commandLine('client', 'Writes the types of clients/typescript anew from the OpenAPI document.').action(
  () => {
    const sources = clientSources()
    for (const name of ['types', 'operations'] as const) {
      writeFileSync(join(checkout, CLIENT_FILES[name]), sources[name])
      process.stdout.write(`${CLIENT_FILES[name]} is written.\n`)
    }
  },
)

await runCommand(program)
