import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { MigrationList } from '@prisma/schema-engine-wasm'
import { withSchemaEngine } from './engine.ts'

const FOLDER = fileURLToPath(new URL('./migrations', import.meta.url))

/**
 * Applies the migrations that a database does not have yet and returns their names. It is Prisma's own engine, so `_prisma_migrations` is what
 * `prisma migrate deploy` and `status` expect. Throws what PostgreSQL said when a migration fails.
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const migrationsList = await listMigrations()
  return withSchemaEngine(databaseUrl, async (engine) => {
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList,
      filters: { externalTables: [], externalEnums: [] },
    })
    return appliedMigrationNames
  })
}

async function listMigrations(): Promise<MigrationList> {
  const entries = await readdir(FOLDER, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  return {
    baseDir: FOLDER,
    lockfile: { path: 'migration_lock.toml', content: await readFile(`${FOLDER}/migration_lock.toml`, 'utf8') },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      names.toSorted().map(async (name) => ({
        path: name,
        migrationFile: {
          path: 'migration.sql',
          content: { tag: 'ok' as const, value: await readFile(`${FOLDER}/${name}/migration.sql`, 'utf8') },
        },
      })),
    ),
  }
}

if (import.meta.main) {
  const url = process.env['DATABASE_URL']
  if (url === undefined) {
    process.stderr.write('DATABASE_URL is not set: name the database to migrate.\n')
    process.exit(1)
  }
  const applied = await migrate(url)
  process.stdout.write(applied.length === 0 ? 'Nothing to migrate.\n' : `Applied ${applied.join(', ')}.\n`)
}
