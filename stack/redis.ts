import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join, resolve } from 'node:path'
import { cacheFolder, fillOnce, toolEnvironment, type Cache } from './launcher/cache.mjs'
import { step } from './launcher/progress.mjs'
import { Failure, outOfReach, runTool, ToolFailure } from './launcher/tool.mjs'
import { checkPort, freePort } from './ports.ts'
import { startService, tail, whenReady, type Service } from './service.ts'
import { PORTS } from './settings.ts'

export type FoundRedis =
  | { readonly found: 'address'; readonly url: string }
  | { readonly found: 'PATH' | 'cache' | 'download'; readonly program: string }

export type Redis = {
  /** For REDIS_URL. */
  readonly url: string
  /** The process, or undefined when somebody else runs it. */
  readonly service?: Service
  stop(): Promise<void>
}

export type RedisOptions = {
  /** What findRedis gave, when it was asked already. */
  readonly found?: FoundRedis
  /** Where it works; nothing is kept there, since nothing in it would be missed. */
  readonly dataDir: string
  /** 0 takes any free one. */
  readonly port: number
  readonly log: (line: string) => void
  /** Told of the process before it answers. */
  readonly onSpawn?: (service: Service) => void
}

/** A jar with the real servers of several systems in it. */
const version = '1.4.3'
const programs: Readonly<Record<string, string>> = {
  'linux-x64': 'redis-server-6.2.6-v5-linux-amd64',
  'linux-arm64': 'redis-server-6.2.7-linux-arm64',
  'darwin-x64': 'redis-server-6.2.6-v5-darwin-amd64',
  'darwin-arm64': 'redis-server-6.2.6-v5-darwin-arm64',
}
const wayOut =
  'Install Redis or Valkey (redis-server or valkey-server on PATH), or set REDIS_URL to a server that runs, ' +
  'as `docker compose up redis` starts one at redis://127.0.0.1:6379.'
const startMs = 15_000
const attempts = 5

/** Finds a Redis to use: REDIS_URL, redis-server or valkey-server on PATH, the cache, or Maven's download, which fills the cache. Fails with a Failure. */
export async function findRedis(env: NodeJS.ProcessEnv = process.env, cache = cacheFolder(env)): Promise<FoundRedis> {
  if (env['REDIS_URL']) return { found: 'address', url: env['REDIS_URL'] }
  for (const program of ['redis-server', 'valkey-server']) {
    if (await runs(program, env)) return { found: 'PATH', program }
  }
  const name = programs[`${process.platform}-${process.arch}`]
  if (name === undefined) throw new Failure(`There is no Redis here to be fetched for this system. ${wayOut}`)
  const folder = join(cache.path, `redis-${version}`)
  const program = join(folder, name)
  if (existsSync(program)) return { found: 'cache', program }
  try {
    await step('Fetching Redis with Maven', () => fillOnce(folder, (to) => fetchWithMaven(to, name, cache, env)))
    return { found: 'download', program }
  } catch (error) {
    throw new Failure(`Redis is missing: ${inFewWords(error)}. ${wayOut}`)
  }
}

async function runs(program: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  return runTool(program, ['--version'], { env }).then(
    () => true,
    () => false,
  )
}

async function fetchWithMaven(folder: string, name: string, cache: Cache, env: NodeJS.ProcessEnv): Promise<void> {
  const project =
    '<modelVersion>4.0.0</modelVersion><groupId>holdfast</groupId><artifactId>fetch</artifactId><version>1</version>'
  const dependency = `<groupId>com.github.codemonstur</groupId><artifactId>embedded-redis</artifactId><version>${version}</version>`
  const pom = `<project>${project}<dependencies><dependency>${dependency}</dependency></dependencies></project>\n`
  writeFileSync(join(folder, 'pom.xml'), pom)
  const only = ['-DincludeArtifactIds=embedded-redis', `-Dmdep.unpack.includes=${name}`, '-DoutputDirectory=.']
  await runTool('mvn', ['-q', '-B', 'dependency:unpack-dependencies', ...only], {
    cwd: folder,
    env: toolEnvironment(cache, env),
  })
  chmodSync(join(folder, name), 0o755)
  if (!(await runs(join(folder, name), env))) throw new Error('what was fetched does not run here')
}

function inFewWords(error: unknown): string {
  if (!(error instanceof ToolFailure)) return error instanceof Error ? error.message : String(error)
  if (error.message.endsWith('ENOENT')) return 'Maven is not installed'
  return outOfReach(error.output)
    ? 'the repository that Maven uses is out of reach'
    : `Maven could not fetch it (${error.message})`
}

/** Brings up a Redis on 127.0.0.1 that keeps nothing on disk, or uses the one at REDIS_URL. Fails with a Failure. */
export async function startRedis({ port, log, onSpawn, ...options }: RedisOptions): Promise<Redis> {
  const found = options.found ?? (await findRedis())
  if (found.found === 'address') return { url: found.url, stop: async () => undefined }
  const dataDir = resolve(options.dataDir)
  mkdirSync(dataDir, { recursive: true })
  if (port !== 0) await checkPort({ ...PORTS.redis, port })
  for (let attempt = 1; ; attempt++) {
    const at = port || (await freePort())
    const service = await startService({
      name: 'Redis',
      command: found.program,
      args: ['--port', String(at), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dataDir],
      onLine: log,
    })
    onSpawn?.(service)
    const trouble = await whenReady(service, () => answers(at), startMs)
    if (trouble === undefined) return { url: `redis://127.0.0.1:${at}`, service, stop: () => service.stop() }
    await service.stop()
    // A port that was free a moment ago may be somebody's by now.
    const isPortTaken = /Address already in use/.test(service.lastLines().join('\n'))
    if (!isPortTaken || attempt === attempts) throw new Failure(`Redis did not start (${trouble}).${tail(service)}`)
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port, timeout: 1000 })
    const end = (isUp: boolean): void => {
      socket.destroy()
      resolve(isUp)
    }
    socket.once('connect', () => socket.write('PING\r\n'))
    socket.once('data', (data) => end(data.toString().startsWith('+PONG')))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}
