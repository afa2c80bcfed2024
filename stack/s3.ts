import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, fillOnce } from './launcher/cache.mjs'
import { step } from './launcher/progress.mjs'
import { Failure, outOfReach, runTool, ToolFailure } from './launcher/tool.mjs'
import { freePort } from './ports.ts'
import { startService, tail, whenReady } from './service.ts'

/** An S3 server for tests: Versity's gateway over a folder (Apache 2.0). The product itself needs none. */
const version = '1.8.0'
const program = process.platform === 'win32' ? 'versitygw.exe' : 'versitygw'
const startMs = 20_000

export type FoundS3 = { path: string; from: 'cache' | 'build' }

/** Finds the server in the cache, or builds it with Go into it. Fails with a Failure that says why there is none. */
export async function findS3Server(cache = cacheFolder()): Promise<FoundS3> {
  const folder = join(cache.path, `versitygw-${version}`)
  const path = join(folder, program)
  if (existsSync(path)) return { path, from: 'cache' }
  try {
    await step('Building an S3 server from source, which takes 2 to 6 minutes, once', () =>
      fillOnce(folder, async (to) => {
        const own = cache.fallback ? { GOPATH: join(to, 'go'), GOCACHE: join(to, 'go-build'), GOENV: 'off' } : {}
        const env = { ...process.env, ...own, GOFLAGS: '-modcacherw', GOBIN: join(to, 'bin'), GOOS: '', GOARCH: '' }
        const source = `github.com/versity/versitygw/cmd/versitygw@v${version}`
        await runTool('go', ['install', '-ldflags', '-s -w', source], { cwd: to, env })
        renameSync(join(to, 'bin', program), join(to, program))
        for (const used of ['bin', 'go', 'go-build']) rmSync(join(to, used), { recursive: true, force: true })
      }),
    )
    return { path, from: 'build' }
  } catch (error) {
    if (!(error instanceof ToolFailure)) throw error
    const reason = outOfReach(error.output) ? 'the network is out of reach' : error.message
    throw new Failure(`An S3 server could not be built with Go (${reason}).`)
  }
}

export type S3Server = { endpoint: string; accessKeyId: string; secretAccessKey: string; stop: () => Promise<void> }

/** Runs the server with a bucket for each name, all of it in a folder. */
export async function startS3Server({ path }: FoundS3, folder: string, buckets: readonly string[]): Promise<S3Server> {
  // A bucket is a folder; metadata are kept beside, since not every file system has extended attributes.
  for (const bucket of buckets) mkdirSync(join(folder, 'buckets', bucket), { recursive: true })
  mkdirSync(join(folder, 'metadata'), { recursive: true })
  const port = await freePort()
  const [accessKeyId, secretAccessKey] = ['test-access', 'test-secret']
  const service = await startService({
    name: 'S3 server',
    command: path,
    args: [
      '--quiet',
      '--port',
      `127.0.0.1:${port}`,
      'posix',
      '--sidecar',
      join(folder, 'metadata'),
      join(folder, 'buckets'),
    ],
    env: { ...process.env, ROOT_ACCESS_KEY_ID: accessKeyId, ROOT_SECRET_ACCESS_KEY: secretAccessKey },
    onLine: () => undefined,
  })
  const endpoint = `http://127.0.0.1:${port}`
  const trouble = await whenReady(
    service,
    () =>
      fetch(endpoint).then(
        () => true,
        () => false,
      ),
    startMs,
  )
  if (trouble !== undefined) {
    await service.stop()
    throw new Failure(`The S3 server did not start (${trouble}).${tail(service)}`)
  }
  return { endpoint, accessKeyId, secretAccessKey, stop: () => service.stop() }
}
