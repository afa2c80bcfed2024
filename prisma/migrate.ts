import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { MigrationList } from '@prisma/schema-engine-wasm'
import { withSchemaEngine } from './engine.ts'

const FOLDER = fileURLToPath(new URL('./migrations', import.meta.url))

/**
 * Applies the migrations that a database does not have yet and returns their names. It is Prisma's own engine, so `_prisma_migrations` is what
 * `prisma migrate deploy` and `status` expect. Throws what PostgreSQL said when a migration fails, and refuses to go on when one that was applied
 * is another one by now: what the database has then is not what the code expects.
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const migrationsList = await listMigrations()
  const filters = { externalTables: [], externalEnums: [] }
  return withSchemaEngine(databaseUrl, async (engine) => {
    const { editedMigrationNames } = await engine.diagnoseMigrationHistory({
      migrationsList,
      optInToShadowDatabase: false,
      filters,
    })
    if (editedMigrationNames.length > 0) {
      throw new Error(
        `The migration ${editedMigrationNames.join(', ')} was changed after it had been applied to this database: put its file back, and write a new migration for the change.`,
      )
    }
    const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters })
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
