// Loaded before a worker (`--import`) by tests that kill it: its activities get failpoints around every effect. The product knows nothing of them, so they cannot
// be triggered by accident.
import { registerHooks } from 'node:module'

const WIRE = new URL('../../../runtime/wire.ts', import.meta.url).href
const WORKER = new URL('../../../worker.ts', import.meta.url).href

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context)
    return found.url === WIRE && context.parentURL === WORKER
      ? { ...found, url: new URL('./wire.ts', import.meta.url).href }
      : found
  },
})
