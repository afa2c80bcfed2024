import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, fillOnce, type Cache } from './launcher/cache.mjs'
import { step } from './launcher/progress.mjs'
import { outOfReach, runTool, ToolFailure } from './launcher/tool.mjs'

const version = '0.203.0'
const name = process.platform === 'win32' ? 'stripe-mock.exe' : 'stripe-mock'

/** The server of Stripe's own API description that tests of the Stripe port run against (S-04), from the cache or built with Go; or why there is none. */
export async function findStripeMock(
  cache = cacheFolder(),
): Promise<{ path: string; reason: null } | { path: null; reason: string }> {
  const folder = join(cache.path, `stripe-mock-${version}`)
  const path = join(folder, name)
  if (existsSync(path)) return { path, reason: null }
  try {
    await step('Building stripe-mock with Go, once', () => fillOnce(folder, (to) => buildWithGo(to, cache)))
    return { path, reason: null }
  } catch (error) {
    return { path: null, reason: `stripe-mock could not be built with Go (${inFewWords(error)})` }
  }
}

function inFewWords(error: unknown): string {
  if (!(error instanceof ToolFailure)) return error instanceof Error ? error.message : String(error)
  return outOfReach(error.output) ? 'its source is out of reach' : error.message
}

async function buildWithGo(folder: string, cache: Cache): Promise<void> {
  const bin = join(folder, 'bin')
  // Without a home Go's own caches have no place but here; they go when the build is done.
  const homeless = {
    GOPATH: join(folder, 'go'),
    GOCACHE: join(folder, 'go-build'),
    GOENV: 'off',
    GOFLAGS: '-modcacherw',
  }
  const env = { ...process.env, ...(cache.fallback ? homeless : {}), GOBIN: bin, GOOS: '', GOARCH: '' }
  await runTool('go', ['install', `github.com/stripe/stripe-mock@v${version}`], { cwd: folder, env })
  renameSync(join(bin, name), join(folder, name))
  for (const used of [bin, homeless.GOPATH, homeless.GOCACHE]) rmSync(used, { recursive: true, force: true })
}
