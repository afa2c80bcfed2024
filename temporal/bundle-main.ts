// Bundles the workflow code for WORKFLOW_BUNDLE: node temporal/bundle-main.ts FILE. One that ends in .encrypted.js is for workers with PAYLOAD_KEYS.
import { renameSync, writeFileSync } from 'node:fs'
import { bundleWorkflows } from './worker.ts'

const [file] = process.argv.slice(2)
if (file === undefined) throw new Error('Where is the bundle to go, as in: node temporal/bundle-main.ts bundle.js')
const { code } = await bundleWorkflows({ encrypted: file.endsWith('.encrypted.js') })
// All of it or nothing: whoever finds the file takes it.
const unfinished = `${file}.${process.pid}`
writeFileSync(unfinished, code)
renameSync(unfinished, file)
