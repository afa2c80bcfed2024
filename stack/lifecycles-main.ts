// `npm run lifecycles`: writes docs/lifecycles.md anew from the profiles.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkout } from './launcher/cache.mjs'
import { LIFECYCLES_FILE, lifecyclesDocument } from './lifecycles.ts'

writeFileSync(join(checkout, LIFECYCLES_FILE), lifecyclesDocument())
process.stdout.write(`${LIFECYCLES_FILE} is written.\n`)
