import { Client } from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { isOutage, limitsOf, openDatabase, type Database } from '../../../prisma/client.ts'
import { createDatabase } from '../../support/scratch.ts'
import { openTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'

type Setup = { readonly db: Database; readonly proxy: TcpProxy; readonly written: () => Promise<string[]> }

/** One connection of the product's behind a proxy, statements of a second, and a connection beside it that sees what is committed. */
async function openStalling(databaseOptions?: string): Promise<Setup> {
  const database = await createDatabase({ isEmpty: true })
  const { hostname, port } = new URL(database.url)
  const proxy = await openTcpProxy(hostname, Number(port))
  const url = new URL(database.url)
  url.host = `127.0.0.1:${proxy.port}`
  if (databaseOptions !== undefined) url.searchParams.set('options', databaseOptions)
  const db = openDatabase(url.href, 1, 1000)
  const direct = new Client({ connectionString: database.url })
  await direct.connect()
  await direct.query('CREATE TABLE written (what text)')
  onTestFinished(async () => {
    await db.$disconnect()
    await direct.end()
    await proxy.close()
    await database.drop()
  })
  const written = async () => {
    const { rows } = await direct.query<{ what: string }>('SELECT what FROM written')
    return rows.map(({ what }) => what)
  }
  return { db, proxy, written }
}

/** A transaction in whose midst the network stalls; fails when its patience is over. */
async function stalledTransaction({ db, proxy }: Setup): Promise<void> {
  await db.$transaction(async (tx) => {
    await tx.$executeRaw`INSERT INTO written VALUES ('abandoned')`
    proxy.stall()
    await tx.$executeRaw`INSERT INTO written VALUES ('abandoned, too')`
  })
}

for (const [title, options] of [
  ['and the database ends it', undefined],
  ['and the database does not end it', '-c transaction_timeout=0'],
] as const) {
  test(`N-74 the network stalls in a transaction ${title}: the next writer is not told that its write is done when it is not`, async () => {
    const setup = await openStalling(options)
    await expect(stalledTransaction(setup)).rejects.toThrow(/timeout|timed out|not queryable|closed/i)
    setup.proxy.resume()
    await setup.db.$executeRaw`INSERT INTO written VALUES ('next')`
    expect(await setup.written()).toEqual(['next'])
  })
}

test('N-74 the database ends a transaction before its writer stops listening, and that is told as an outage', async () => {
  const { db, written } = await openStalling()
  const tooLong = db.$transaction(async (tx) => {
    await tx.$executeRaw`INSERT INTO written VALUES ('too long')`
    for (let round = 0; round < 10; round += 1) await tx.$queryRaw`SELECT pg_sleep(0.3)::text`
  })
  const error: unknown = await tooLong.catch((problem: unknown) => problem)
  expect(String(error)).toContain('transaction timeout')
  expect(isOutage(error)).toBe(true)
  expect(await written()).toEqual([])
  expect(limitsOf(1000)).toEqual({ statement: 1000, transaction: 1500, patience: 2000 })
})
