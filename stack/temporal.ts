import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { Connection } from '@temporalio/client'
import { Failure } from './launcher/tool.mjs'
import { freePort } from './ports.ts'
import { startService, tail, whenReady, type Service } from './service.ts'
import { findTemporal, type FoundTemporal } from './temporal-find.ts'

export type Temporal = {
  address: string
  /** Where its web UI is; undefined without one. */
  uiUrl: string | undefined
  /** The process, or undefined when somebody else runs it. */
  service: Service | undefined
  stop: () => Promise<void>
}

type SearchAttributeType = 'Text' | 'Keyword' | 'Int' | 'Double' | 'Bool' | 'Datetime' | 'KeywordList'

export type TemporalOptions = {
  /** What findTemporal gave, when it was asked already. */
  found?: FoundTemporal
  /** Where its data stays, surviving kill -9; null keeps everything in memory. */
  dataFile: string | null
  /** 0 takes any free one. */
  port: number
  /** null goes without the web UI, 0 takes any free port. */
  uiPort: number | null
  namespace: string
  log: (line: string) => void
  searchAttributes?: Readonly<Record<string, SearchAttributeType>>
  dynamicConfig?: Readonly<Record<string, string>>
  /** Told of the process before it answers. */
  onSpawn?: (service: Service) => void
}

const startMs = 60_000

/** Brings up Temporal's development server on 127.0.0.1, or uses the one at TEMPORAL_ADDRESS. Fails with a Failure. */
export async function startTemporal(options: TemporalOptions): Promise<Temporal> {
  const found = options.found ?? (await findTemporal())
  if (found.kind === 'address') {
    return { address: found.address, uiUrl: undefined, service: undefined, stop: async () => undefined }
  }
  const { dataFile, uiPort, namespace, log } = options
  const port = options.port || (await freePort())
  const ui = uiPort === 0 ? await freePort() : uiPort
  if (dataFile !== null) mkdirSync(dirname(dataFile), { recursive: true })
  const service = await startService({
    name: 'Temporal',
    command: found.path,
    args: [
      'server',
      'start-dev',
      '--ip=127.0.0.1',
      `--port=${port}`,
      `--namespace=${namespace}`,
      '--log-level=error',
      ui === null ? '--headless' : `--ui-port=${ui}`,
      ...(dataFile === null ? [] : [`--db-filename=${dataFile}`]),
      ...pairs('--search-attribute', options.searchAttributes),
      ...pairs('--dynamic-config-value', options.dynamicConfig),
    ],
    onLine: log,
  })
  options.onSpawn?.(service)
  const address = `127.0.0.1:${port}`
  const trouble = await whenReady(service, () => answers(address, namespace), startMs)
  if (trouble !== undefined) {
    await service.stop()
    throw new Failure(`Temporal did not start (${trouble}).${tail(service)}`)
  }
  const uiUrl = ui === null ? undefined : `http://localhost:${ui}`
  return { address, uiUrl, service, stop: () => service.stop() }
}

const pairs = (flag: string, values: Readonly<Record<string, string>> = {}): string[] =>
  Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`])

async function answers(address: string, namespace: string): Promise<boolean> {
  let connection: Connection | undefined
  try {
    connection = await Connection.connect({ address, connectTimeout: '2s' })
    await connection.workflowService.describeNamespace({ namespace })
    return true
  } catch {
    return false
  } finally {
    await connection?.close()
  }
}
