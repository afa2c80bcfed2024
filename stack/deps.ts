// `npm run deps`: chooses the versions of package-lock.json anew, all of them at least a month old.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commandLine, runCommand } from '../runtime/command-line.ts'
import { checkout } from './launcher/cache.mjs'
import { npm, npmTrouble } from './launcher/npm.mjs'
import { say, step } from './launcher/progress.mjs'
import { Failure } from './launcher/tool.mjs'
import { holesIn, versionsOf, type Lockfile, type Taken } from './lockfile.ts'

const program = commandLine(
  'deps',
  'Chooses the versions of package-lock.json anew: those of package.json, and for all that they need the newest that is at least a month old. A security ' +
    'fix that cannot wait is named in stack/package-lock.taken.json, under "younger", with its reason.',
).action(deps)

const LEAST_DAYS = 31
const TAKEN = 'stack/package-lock.taken.json'

type Manifest = Record<'dependencies' | 'devDependencies' | 'overrides', Record<string, string>>

const read = (name: string): unknown => JSON.parse(readFileSync(join(checkout, name), 'utf8'))
const day = (time: number): string => new Date(time).toISOString().slice(0, 10)

await runCommand(program)

async function deps(): Promise<void> {
  const { younger } = read(TAKEN) as Taken
  const before = day(Date.now() - LEAST_DAYS * 24 * 3600 * 1000)
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-deps-'))
  try {
    copyFileSync(join(checkout, '.npmrc'), join(folder, '.npmrc'))
    const manifest = read('package.json') as Manifest
    await resolve(folder, withoutYounger(manifest, younger), [`--before=${before}`])
    // What is in the lock file by now stays as it is: only those named, and what they need, may be younger.
    if (Object.keys(younger).length > 0) await resolve(folder, manifest, [])
    const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as Lockfile
    const holes = holesIn(lock)
    if (holes.length > 0) throw new Failure(`The registry does not have all of it yet:\n  ${holes.join('\n  ')}`)
    copyFileSync(join(folder, 'package-lock.json'), join(checkout, 'package-lock.json'))
    const taken: Taken = { taken: day(Date.now()), before, younger, versions: versionsOf(lock) }
    writeFileSync(join(checkout, TAKEN), `${JSON.stringify(taken, null, 2)}\n`)
    say(`package-lock.json has ${Object.keys(lock.packages).length - 1} packages, from before ${before}.`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function withoutYounger(manifest: Manifest, younger: Taken['younger']): Manifest {
  const older = (names: Record<string, string>) =>
    Object.fromEntries(Object.entries(names).filter(([name]) => !Object.hasOwn(younger, name)))
  const { dependencies, devDependencies, overrides, ...rest } = manifest
  return {
    ...rest,
    dependencies: older(dependencies),
    devDependencies: older(devDependencies),
    overrides: older(overrides),
  }
}

async function resolve(folder: string, manifest: Manifest, flags: readonly string[]): Promise<void> {
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  const args = ['install', '--package-lock-only', '--no-audit', '--no-fund', '--loglevel=error', ...flags]
  await step('Choosing versions', () => npm(args, { cwd: folder })).catch((error: Error) => {
    throw new Failure(npmTrouble('The versions could not be chosen', error, 'or correct package.json'))
  })
}
