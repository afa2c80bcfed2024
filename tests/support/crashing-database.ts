import { migrate } from '../../prisma/migrate.ts'
import { startPostgres } from '../../stack/postgres.ts'
import { freePort } from './ports.ts'

/** A PostgreSQL of one's own, with the product's tables, for tests that end it. */
export type CrashingDatabase = {
  readonly url: string
  /** Ends it as a power cut does. */
  crash(): Promise<void>
  /** Starts it again on the same port and data. */
  restart(): Promise<void>
  close(): Promise<void>
}

/** Starts a PostgreSQL with its data in a folder. */
export async function crashingDatabase(dataDir: string): Promise<CrashingDatabase> {
  const port = await freePort()
  const start = () => startPostgres({ dataDir, port, log: () => undefined })
  let postgres = await start()
  const url = await postgres.ensure('holdfast')
  await migrate(url)
  return {
    url,
    async crash() {
      postgres.service?.force()
      await postgres.service?.exited
    },
    async restart() {
      postgres = await start()
    },
    close: () => postgres.stop(),
  }
}
