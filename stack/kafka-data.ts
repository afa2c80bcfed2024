import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fillOnce } from './launcher/cache.mjs'
import { Failure, runTool, ToolFailure } from './launcher/tool.mjs'
import { commandLine, isAlive } from './pids.ts'

const stoppingMs = 30_000
const MEBIBYTE = 1024 * 1024

/** Kafka's own settings for one small broker. Paths are relative to the data folder: it would read a comma in one as the end of it. */
const settings = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.listener.names': 'CONTROLLER',
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'auto.create.topics.enable': 'false',
  'offsets.topic.replication.factor': '1',
  // One, so that whoever asks about one group knows that all of them are served.
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '4',
  'group.initial.rebalance.delay.ms': '0',
  // After kill -9 it is not let in again before its last session is over: 13 s with the usual 9 s.
  'broker.session.timeout.ms': '4000',
  'broker.heartbeat.interval.ms': '500',
  // Its usual 128 MB would be half of the heap.
  'log.cleaner.dedupe.buffer.size': String(4 * MEBIBYTE),
  // Made in full for each partition, and cut when the broker stops.
  'log.index.size.max.bytes': String(MEBIBYTE),
}
const heap = ['-Xms64m', '-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData']
const logging = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-Dorg.slf4j.simpleLogger.showDateTime=true']

/** What follows `java`. The data folder is in it for whoever looks at the list of processes, `waitForLeftover` among them. */
export function javaArguments(dataDir: string, jars: string, main: string, args: readonly string[]): string[] {
  return [...heap, ...logging, `-Dholdfast.data=${dataDir}`, '-cp', join(jars, '*'), main, ...args]
}

export function writeProperties(
  dataDir: string,
  ports: { port: number; controllerPort: number },
  { file = 'server.properties', logs = 'logs' } = {},
): void {
  const client = `PLAINTEXT://127.0.0.1:${ports.port}`
  const controller = `127.0.0.1:${ports.controllerPort}`
  const all = {
    ...settings,
    listeners: `${client},CONTROLLER://${controller}`,
    'advertised.listeners': client,
    'controller.quorum.voters': `1@${controller}`,
    'log.dirs': logs,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(join(dataDir, file), lines.join(''))
}

/** Makes the data folder of a new cluster, once. */
export async function format(dataDir: string, jars: string): Promise<void> {
  mkdirSync(dataDir, { recursive: true })
  await fillOnce(join(dataDir, 'logs'), async (unfinished) => {
    const file = 'format.properties'
    writeProperties(dataDir, { port: 9092, controllerPort: 9093 }, { file, logs: basename(unfinished) })
    const cluster = `--cluster-id=${randomBytes(16).toString('base64url')}`
    const args = javaArguments(dataDir, jars, 'kafka.tools.StorageTool', ['format', cluster, `--config=${file}`])
    await runTool('java', args, { cwd: dataDir }).catch((error: unknown) => {
      const told = error instanceof ToolFailure ? error.output.trim().split('\n').at(-1) : String(error)
      throw new Failure(`Kafka's data folder ${dataDir} could not be made: ${told}`)
    })
  })
}

const pidFile = (dataDir: string): string => join(dataDir, 'kafka.pid')

/** Leaves a note for the next start. */
export function noteRunning(dataDir: string, pid: number): void {
  writeFileSync(pidFile(dataDir), `${pid}\n`)
}

/** Waits for the broker of an earlier run, which ends with whoever started it and needs a moment. Fails when it does not. */
export async function waitForLeftover(dataDir: string): Promise<void> {
  const deadline = Date.now() + stoppingMs
  for (;;) {
    const pid = leftover(dataDir)
    if (pid === undefined) return
    if (Date.now() > deadline) throw new Failure(`Kafka already runs on ${dataDir} (pid ${pid}); stop it first.`)
    await sleep(100)
  }
}

function leftover(dataDir: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile(dataDir), 'utf8'))
    // The number may be another process's by now.
    return isAlive(pid) && commandLine(pid)?.includes(`-Dholdfast.data=${dataDir} `) ? pid : undefined
  } catch {
    return undefined
  }
}
