import { mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Failure } from '../launcher/tool.mjs'
import { checkPort } from '../ports.ts'
import { startService, tail, whenReady, type Service } from '../service.ts'
import { PORTS } from '../settings.ts'
import { writeGrafanaProvisioning, writePrometheusConfig, type Target } from './config.ts'

/** How an observer is run: its data, where it writes what it prints, and who is told of the process before it answers. */
export type Running = {
  readonly dataDir: string
  readonly port: number
  readonly log: (line: string) => void
  readonly onSpawn?: (service: Service) => void
}

export type Observer = { readonly url: string; stop(): Promise<void> }

const startMs = 60_000

/** Starts Prometheus on 127.0.0.1; it asks the targets for their metrics and evaluates the alert rules. Fails with a Failure. */
export async function startPrometheus(
  { path }: { path: string },
  running: Running & { readonly targets: readonly Target[] },
): Promise<Observer> {
  const { dataDir, port, targets } = running
  await checkPort({ ...PORTS.prometheus, port })
  const args = [
    `--config.file=${writePrometheusConfig(dataDir, targets)}`,
    `--storage.tsdb.path=${join(dataDir, 'data')}`,
    '--storage.tsdb.retention.time=7d',
    `--web.listen-address=127.0.0.1:${port}`,
  ]
  return up('Prometheus', { command: path, args, ready: `http://127.0.0.1:${port}/-/ready` }, running)
}

/** Starts Grafana on 127.0.0.1, for everybody to look at without a password, with the dashboard. Fails with a Failure. */
export async function startGrafana(
  { path, home }: { path: string; home: string },
  running: Running & { readonly prometheus: string; readonly traces: string | undefined },
): Promise<Observer> {
  const { dataDir, port, prometheus, traces } = running
  await checkPort({ ...PORTS.grafana, port })
  const env = {
    ...process.env,
    GF_PATHS_DATA: join(dataDir, 'data'),
    GF_PATHS_LOGS: join(dataDir, 'log'),
    GF_PATHS_PLUGINS: join(dataDir, 'plugins'),
    GF_PATHS_PROVISIONING: writeGrafanaProvisioning(join(dataDir, 'provisioning'), prometheus, traces),
    GF_SERVER_HTTP_ADDR: '127.0.0.1',
    GF_SERVER_HTTP_PORT: String(port),
    GF_AUTH_ANONYMOUS_ENABLED: 'true',
    GF_ANALYTICS_REPORTING_ENABLED: 'false',
    GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
  }
  const args = [...(basename(path).startsWith('grafana-server') ? [] : ['server']), `--homepath=${home}`]
  const ready = `http://127.0.0.1:${port}/api/health`
  const grafana = await up('Grafana', { command: path, args, env, ready }, running)
  return { ...grafana, url: `${grafana.url}/d/holdfast` }
}

/** Starts Jaeger, which keeps traces in memory, on this machine; `otlp` is where spans are to be sent. Fails with a Failure. */
export async function startJaeger(
  { path }: { path: string },
  running: Running & { readonly otlpPort: number },
): Promise<Observer & { readonly otlp: string }> {
  const { port, otlpPort } = running
  await checkPort({ ...PORTS.jaeger, port })
  await checkPort({ ...PORTS.otlp, port: otlpPort })
  const [ui, otlp] = [`127.0.0.1:${port}`, `127.0.0.1:${otlpPort}`]
  const args =
    basename(path) === 'jaeger'
      ? [`--set=extensions.jaeger_query.http.endpoint=${ui}`, `--set=receivers.otlp.protocols.http.endpoint=${otlp}`]
      : [`--query.http-server.host-port=${ui}`, `--collector.otlp.http.host-port=${otlp}`]
  const jaeger = await up('Jaeger', { command: path, args, ready: `http://${ui}/` }, running)
  return { ...jaeger, otlp: `http://${otlp}` }
}

async function up(
  name: string,
  { command, args, env, ready }: { command: string; args: readonly string[]; env?: NodeJS.ProcessEnv; ready: string },
  { dataDir, log, onSpawn }: Running,
): Promise<Observer> {
  mkdirSync(dataDir, { recursive: true })
  const service = await startService({ name, command, args, cwd: dataDir, onLine: log, ...(env && { env }) })
  onSpawn?.(service)
  const answers = () =>
    fetch(ready, { signal: AbortSignal.timeout(1000) }).then(
      ({ ok }) => ok,
      () => false,
    )
  const trouble = await whenReady(service, answers, startMs)
  if (trouble === undefined) return { url: new URL(ready).origin, stop: () => service.stop() }
  await service.stop()
  throw new Failure(`${name} did not start (${trouble}).${tail(service)}`)
}
