// `npm run migrate`: the migrations by themselves, for a database that this stack does not run.
import { Failure } from './launcher/tool.mjs'
import { optionalFunction } from './optional.ts'

try {
  const databaseUrl = process.env['DATABASE_URL']
  if (!databaseUrl) throw new Failure('Set DATABASE_URL to the database to bring up to date.')
  const migrate = await optionalFunction('prisma/migrate.ts', 'migrate')
  const applied = await migrate?.(databaseUrl)
  const names = Array.isArray(applied) ? applied.map(String) : []
  console.log(names.length === 0 ? 'The database is up to date.' : `Applied: ${names.join(', ')}`)
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
