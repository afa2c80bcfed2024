import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Kafka as Client, logLevel } from 'kafkajs'
import { cacheFolder, fillOnce, toolEnvironment, type Cache } from './launcher/cache.mjs'
import { step } from './launcher/progress.mjs'
import { Failure, outOfReach, runTool, ToolFailure } from './launcher/tool.mjs'
import { format, javaArguments, noteRunning, waitForLeftover, writeProperties } from './kafka-data.ts'
import { checkPort, lastingPort } from './ports.ts'
import { startService, tail, whenReady, type Service } from './service.ts'
import { PORTS } from './settings.ts'

export type FoundKafka = { found: 'address'; brokers: string } | { found: 'cache' | 'download'; jars: string }

export type Kafka = {
  /** For KAFKA_BROKERS: one or more host:port with commas between them. */
  brokers: string
  /** The process, or undefined when somebody else runs it. */
  service?: Service
  stop(): Promise<void>
}

export type KafkaOptions = {
  /** What findKafka gave, when it was asked already. */
  found?: FoundKafka
  /** Where its data stays, surviving kill -9. */
  dataDir: string
  /** 0 takes any free one. */
  port: number
  log: (line: string) => void
  /** Told of the process before it answers. */
  onSpawn?: (service: Service) => void
}

const version = '4.1.0'
const oldestJava = 17
const artifacts = [
  `<groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version>`,
  // Without one of these it keeps to itself why it cannot start.
  '<groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version>',
]
const wayOut =
  `Install Java ${oldestJava} or newer and Maven (java and mvn on PATH), ` +
  'or set KAFKA_BROKERS to a Kafka that runs, as `docker compose up kafka` starts one at localhost:9092.'
const startMs = 90_000
const attempts = 5

/** Finds a Kafka to use: KAFKA_BROKERS, the cache, or Maven's download, which fills the cache. Fails with a Failure that names what to install. */
export async function findKafka(env: NodeJS.ProcessEnv = process.env, cache = cacheFolder(env)): Promise<FoundKafka> {
  if (env['KAFKA_BROKERS']) return { found: 'address', brokers: env['KAFKA_BROKERS'] }
  await needJava(env)
  const jars = join(cache.path, `kafka-${version}`)
  if (existsSync(jars)) return { found: 'cache', jars }
  try {
    await step('Fetching Kafka with Maven', () => fillOnce(jars, (to) => fetchWithMaven(to, cache, env)))
    return { found: 'download', jars }
  } catch (error) {
    throw new Failure(`Kafka is missing: ${inFewWords(error)}. ${wayOut}`)
  }
}

async function needJava(env: NodeJS.ProcessEnv): Promise<void> {
  // Java 8 does not know the flag, and is too old anyway.
  const told = await runTool('java', ['--version'], { env }).catch(() => '')
  const major = /^\S+ (?<major>\d+)/.exec(told)?.groups?.['major']
  if (Number(major) >= oldestJava) return
  const trouble = major === undefined ? `there is no Java ${oldestJava} here` : `the Java here is ${major}`
  throw new Failure(`Kafka cannot run: ${trouble}. ${wayOut}`)
}

async function fetchWithMaven(folder: string, cache: Cache, env: NodeJS.ProcessEnv): Promise<void> {
  const project =
    '<modelVersion>4.0.0</modelVersion><groupId>holdfast</groupId><artifactId>fetch</artifactId><version>1</version>'
  const dependencies = artifacts.map((artifact) => `<dependency>${artifact}</dependency>`).join('')
  const pom = `<project>${project}<dependencies>${dependencies}</dependencies></project>\n`
  writeFileSync(join(folder, 'pom.xml'), pom)
  await runTool('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=.'], {
    cwd: folder,
    env: toolEnvironment(cache, env),
  })
}

function inFewWords(error: unknown): string {
  if (!(error instanceof ToolFailure)) return error instanceof Error ? error.message : String(error)
  if (error.message.endsWith('ENOENT')) return 'Maven is not installed'
  return outOfReach(error.output)
    ? 'the repository that Maven uses is out of reach'
    : `Maven could not fetch it (${error.message})`
}

/** Brings up one Kafka broker on 127.0.0.1, its own controller, with the data in `dataDir`, or uses those at KAFKA_BROKERS. Fails with a Failure. */
export async function startKafka({ port, log, onSpawn, ...options }: KafkaOptions): Promise<Kafka> {
  const found = options.found ?? (await findKafka())
  if (found.found === 'address') return { brokers: found.brokers, stop: async () => undefined }
  const dataDir = resolve(options.dataDir)
  await format(dataDir, found.jars)
  await waitForLeftover(dataDir)
  if (port !== 0) await checkPort({ ...PORTS.kafka, port })
  for (let attempt = 1; ; attempt++) {
    const at = port || (await lastingPort())
    writeProperties(dataDir, { port: at, controllerPort: await lastingPort() })
    const service = await startService({
      name: 'Kafka',
      command: 'java',
      args: javaArguments(dataDir, found.jars, 'kafka.Kafka', ['server.properties']),
      cwd: dataDir,
      onLine: log,
      graceMs: 20_000,
    })
    noteRunning(dataDir, service.pid)
    onSpawn?.(service)
    const brokers = `127.0.0.1:${at}`
    const trouble = await whenReady(service, () => answers(brokers), startMs)
    if (trouble === undefined) return { brokers, service, stop: () => service.stop() }
    await service.stop()
    // A port that was free a moment ago may be somebody's by now.
    const isPortTaken = /Address already in use/.test(service.lastLines().join('\n'))
    if (!isPortTaken || attempt === attempts) throw new Failure(`Kafka did not start (${trouble}).${tail(service)}`)
  }
}

/**
 * True once the broker is let into its own cluster, and coordinates groups. Before, it accepts connections and serves nobody;
 * a new one makes the topic of offsets when a group is first asked about, and consumers that come too early give up.
 */
async function answers(brokers: string): Promise<boolean> {
  const client = new Client({
    clientId: 'holdfast-start',
    brokers: [brokers],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2000,
    requestTimeout: 5000,
    retry: { retries: 0 },
  })
  const admin = client.admin()
  try {
    await admin.connect()
    const { brokers: unfenced } = await admin.describeCluster()
    if (unfenced.length === 0) return false
    await admin.fetchOffsets({ groupId: 'holdfast-start' })
    return true
  } catch {
    return false
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}
