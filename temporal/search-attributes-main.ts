// `npm run search-attributes`: gives the Temporal server at TEMPORAL_ADDRESS the search attributes of bookings that it does not have yet.
import { BadConfiguration, readTemporalConfig } from '../config.ts'
import { registerSearchAttributes } from './search-attributes.ts'

try {
  const added = await registerSearchAttributes(readTemporalConfig(process.env))
  process.stdout.write(added.length === 0 ? 'Temporal has all search attributes.\n' : `Added: ${added.join(', ')}\n`)
} catch (error) {
  process.stderr.write(`${error instanceof BadConfiguration ? error.message : String(error)}\n`)
  process.exitCode = 1
}
