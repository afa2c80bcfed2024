import { existsSync, renameSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { cacheFolder, fillOnce, type Cache } from './launcher/cache.mjs'
import { step } from './launcher/progress.mjs'
import { Failure, outOfReach, runTool, ToolFailure } from './launcher/tool.mjs'
import { downloadThroughSdk } from './sdk-download.ts'
import { namesProfile, withTemporalSettings } from '../temporal/settings.ts'

export type FoundTemporal =
  | { kind: 'address'; address: string }
  | { kind: 'program'; path: string; from: 'PATH' | 'cache' | 'download' | 'build' }

const cliVersion = '1.5.1'
// The first CLI whose server has update-with-start switched on.
const oldestServer = '1.28'
const program = process.platform === 'win32' ? 'temporal.exe' : 'temporal'

/**
 * The Temporal that the environment names, by its address or by a profile of `temporal.toml`. A profile that nothing names is left alone here: it is
 * there for the CLI, and would take `npm start` to somebody's production.
 */
export function givenTemporal(env: NodeJS.ProcessEnv): string | undefined {
  return env['TEMPORAL_ADDRESS'] || (namesProfile(env) ? withTemporalSettings(env)['TEMPORAL_ADDRESS'] : undefined)
}

/**
 * Finds a Temporal to use: TEMPORAL_ADDRESS or a profile that is named, `temporal` on PATH, the cache, the SDK's download, a build with Go; the last
 * two fill the cache. Fails with a Failure that names what to install.
 */
export async function findTemporal(
  env: NodeJS.ProcessEnv = process.env,
  cache = cacheFolder(env),
): Promise<FoundTemporal> {
  const given = givenTemporal(env)
  if (given !== undefined) return { kind: 'address', address: given }
  const onPath = await programOnPath(env['PATH'] ?? '')
  if (onPath !== undefined) return { kind: 'program', path: onPath, from: 'PATH' }
  const folder = join(cache.path, `temporal-cli-${cliVersion}`)
  const path = join(folder, program)
  if (existsSync(path)) return { kind: 'program', path, from: 'cache' }
  const download = await attempt('Downloading Temporal', () =>
    fillOnce(folder, async (to) => {
      await downloadThroughSdk('dev-server', `v${cliVersion}`, to, program, cache)
    }),
  )
  if (download === undefined) return { kind: 'program', path, from: 'download' }
  const build = await attempt('Building Temporal from source, which takes about 3 minutes, once', () =>
    fillOnce(folder, (to) => buildWithGo(to, cache)),
  )
  if (build === undefined) return { kind: 'program', path, from: 'build' }
  throw new Failure(
    `Temporal is missing: its download failed (${download}) and so did building it with Go (${build}). ` +
      'Install the Temporal CLI so that `temporal` is on PATH, or set TEMPORAL_ADDRESS.',
  )
}

/** Gives the reason, in a few words, when the work fails. */
async function attempt(label: string, work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await step(label, work)
    return undefined
  } catch (error) {
    if (!(error instanceof ToolFailure)) return error instanceof Error ? error.message : String(error)
    if (error.message.endsWith('ENOENT')) return 'it is not installed'
    if (/SIGTERM|SIGKILL|exit code 143/.test(error.message)) return 'nothing arrived for 20 s'
    return outOfReach(error.output) ? 'the network is out of reach' : lastLine(error.output) || error.message
  }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.slice(0, 200) ?? ''

async function programOnPath(path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter((entry) => entry !== '')) {
    const candidate = join(folder, program)
    if (!existsSync(candidate)) continue
    const told = await runTool(candidate, ['--version']).catch(() => '')
    if (isRecentEnough(told)) return candidate
  }
  return undefined
}

/** True when `temporal --version` names a server that Holdfast can use. */
export function isRecentEnough(told: string): boolean {
  const found = /Server (?<version>\d+\.\d+)/i.exec(told)?.groups?.['version']
  return found !== undefined && found.localeCompare(oldestServer, 'en', { numeric: true }) >= 0
}

async function buildWithGo(folder: string, cache: Cache): Promise<void> {
  const bin = join(folder, 'bin')
  // Without a home Go's own caches, 3 GB after this, have no place but here; they go when the build is done.
  const homeless = {
    GOPATH: join(folder, 'go'),
    GOCACHE: join(folder, 'go-build'),
    GOENV: 'off',
    GOFLAGS: '-modcacherw',
  }
  const env = { ...process.env, ...(cache.fallback ? homeless : {}), GOBIN: bin, GOOS: '', GOARCH: '' }
  const linker = `-s -w -X github.com/temporalio/cli/temporalcli.Version=${cliVersion}`
  const source = `github.com/temporalio/cli/cmd/temporal@v${cliVersion}`
  await runTool('go', ['install', '-ldflags', linker, source], { cwd: folder, env })
  renameSync(join(bin, program), join(folder, program))
  for (const used of [bin, homeless.GOPATH, homeless.GOCACHE]) rmSync(used, { recursive: true, force: true })
}
