// `npm run migrate`: brings the database at DATABASE_URL up to date.
import { commandLine, placeOf, reaching, runCommand } from '../runtime/command-line.ts'
import { describe, migrate } from './migrate.ts'

const program = commandLine('migrate', 'Brings the database at DATABASE_URL up to date.').action(async () => {
  const url = process.env['DATABASE_URL']
  const example = 'DATABASE_URL=postgresql://user:password@host:5432/holdfast npm run migrate'
  if (!url)
    throw new Error(`DATABASE_URL is not set: say which database is to be brought up to date, as in: ${example}`)
  if (!/^postgres(ql)?:\/\/./.test(url)) throw new Error(`DATABASE_URL is not the URL of a database, as in: ${example}`)
  const wayOut = 'start it, or correct DATABASE_URL'
  const migrated = await reaching(`The database ${placeOf(url)}`, wayOut, () => migrate(url))
  process.stdout.write(`${describe(migrated)}\n`)
})

process.exitCode = await runCommand(program)
