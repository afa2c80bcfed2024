// `npm run lifecycles`: writes docs/lifecycles.md anew from the profiles.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandLine, runCommand } from '../runtime/command-line.ts'
import { checkout } from './launcher/cache.mjs'
import { LIFECYCLES_FILE, lifecyclesDocument } from './lifecycles.ts'

const program = commandLine('lifecycles', `Writes ${LIFECYCLES_FILE} anew from the profiles.`).action(() => {
  writeFileSync(join(checkout, LIFECYCLES_FILE), lifecyclesDocument())
  process.stdout.write(`${LIFECYCLES_FILE} is written.\n`)
})

await runCommand(program)
