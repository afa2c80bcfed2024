// `npm run search-attributes`: gives the Temporal server at TEMPORAL_ADDRESS the search attributes of bookings that it does not have yet.
import { commandLine, reaching, runCommand } from '../runtime/command-line.ts'
import { readTemporalConfig } from '../config.ts'
import { withTemporalSettings } from './settings.ts'
import { registerSearchAttributes } from './search-attributes.ts'

const program = commandLine(
  'search-attributes',
  'Gives the Temporal server at TEMPORAL_ADDRESS the search attributes of bookings that it does not have yet.',
).action(async () => {
  if (withTemporalSettings(process.env)['TEMPORAL_ADDRESS'] === undefined) {
    throw new Error('TEMPORAL_ADDRESS is not set, as in: TEMPORAL_ADDRESS=127.0.0.1:7233 npm run search-attributes')
  }
  const config = readTemporalConfig(process.env)
  const added = await reaching(`Temporal at ${config.TEMPORAL_ADDRESS}`, 'start it, or correct TEMPORAL_ADDRESS', () =>
    registerSearchAttributes(config),
  )
  process.stdout.write(added.length === 0 ? 'Temporal has all search attributes.\n' : `Added: ${added.join(', ')}\n`)
})

await runCommand(program)
