// `npm run configuration`: writes docs/configuration.md anew from config.ts.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandLine, runCommand } from '../runtime/command-line.ts'
import { CONFIGURATION_FILE, configurationDocument } from './configuration/document.ts'
import { checkout } from './launcher/cache.mjs'

const program = commandLine('configuration', `Writes ${CONFIGURATION_FILE} anew from config.ts.`).action(() => {
  writeFileSync(join(checkout, CONFIGURATION_FILE), configurationDocument())
  process.stdout.write(`${CONFIGURATION_FILE} is written.\n`)
})

await runCommand(program)
