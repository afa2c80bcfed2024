import { createHash } from 'node:crypto'

/** What is read of package-lock.json (lockfileVersion 3). */
export type Lockfile = { readonly packages: Readonly<Record<string, LockEntry>> }

type Names = Readonly<Record<string, string>>

type LockEntry = {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly optional?: boolean
  readonly dependencies?: Names
  readonly devDependencies?: Names
  readonly optionalDependencies?: Names
  readonly peerDependencies?: Names
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}

const EXACT = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/

/**
 * What a lock file lacks, one line each: a dependency (optional ones and those of other platforms included) without an entry, an entry of another version
 * than the one asked for, an entry without a checksum. `npm ci` refuses such a lock on some machines and days, and takes it on others.
 */
export function holesIn(lock: Lockfile): string[] {
  return Object.entries(lock.packages).flatMap(([path, entry]) => {
    const missing = Object.entries(wantedBy(entry)).flatMap(([name, range]) => {
      const found = entryFor(lock, path, name)
      const wanted = `${path === '' ? 'package.json' : path} needs ${name} ${range}`
      if (found === undefined) return [`${wanted}, which has no entry`]
      return EXACT.test(range) && found.version !== range ? [`${wanted}, the entry is ${found.version}`] : []
    })
    const bare = path !== '' && entry.link !== true && entry.integrity === undefined ? [`${path} has no checksum`] : []
    return [...missing, ...bare]
  })
}

/** Every dependency but peers that may be absent: npm gives those no entry unless somebody else needs them. */
function wantedBy(entry: LockEntry): Names {
  const peers = Object.entries(entry.peerDependencies ?? {}).filter(
    ([name]) => entry.peerDependenciesMeta?.[name]?.optional !== true,
  )
  return {
    ...entry.dependencies,
    ...entry.devDependencies,
    ...entry.optionalDependencies,
    ...Object.fromEntries(peers),
  }
}

/** As Node looks for a package: beside the one that needs it, then further up. */
function entryFor(lock: Lockfile, from: string, name: string): LockEntry | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const found = lock.packages[folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`]
    if (found !== undefined || folder === '') return found
  }
}

/** What stack/package-lock.taken.json says: when the versions of the lock file were chosen, and from which time they are. */
export type Taken = {
  /** The day on which they were chosen. */
  readonly taken: string
  /** All were published before this day. */
  readonly before: string
  /** Security fixes that could not wait: direct dependencies or overrides, by name. */
  readonly younger: Readonly<Record<string, { readonly version: string; readonly reason: string }>>
  /** Of which lock file this is said. */
  readonly versions: string
}

/** A checksum of every package and version in a lock file. */
export function versionsOf(lock: Lockfile): string {
  const lines = Object.entries(lock.packages).map(([path, { version = '' }]) =>
    path === '' ? '' : `${path}@${version}`,
  )
  return createHash('sha256').update(lines.toSorted().join('\n')).digest('hex')
}

/** The packages of a lock file whose version is a pre-release, as name@version; each once. */
export function preReleasesIn(lock: Lockfile): string[] {
  const found = Object.entries(lock.packages)
    .filter(([path, { version }]) => path !== '' && version?.includes('-'))
    .map(
      ([path, { version }]) => `${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${version}`,
    )
  return [...new Set(found)].toSorted()
}
