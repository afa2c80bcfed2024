import { join } from 'node:path'
import { say, step } from '../launcher/progress.mjs'
import { Failure } from '../launcher/tool.mjs'
import { logFile } from '../output.ts'
import type { Service } from '../service.ts'
import type { Settings, StackUrls } from '../settings.ts'
import type { Supervisor } from '../supervisor.ts'
import type { Target } from './config.ts'
import { findGrafana, findJaeger, findPrometheus } from './find.ts'
import { startGrafana, startJaeger, startPrometheus, type Running } from './start.ts'

/** Where what is going on can be looked at; undefined is what this machine does not have. */
export type Observed = Pick<StackUrls, 'prometheus' | 'grafana' | 'traces' | 'otlp'>

/**
 * `npm start -- --observe`: brings up what this machine has of Jaeger, Prometheus and Grafana, and says in a line each what it does not have, and what to do
 * about it. Nothing else depends on them: what cannot be had or started is no failure.
 */
export async function observe(settings: Settings, env: NodeJS.ProcessEnv, supervisor: Supervisor): Promise<Observed> {
  const { ports, home } = settings
  const running = (name: string, port: number): Running => ({
    dataDir: join(home, name),
    port,
    log: logFile(home, name),
    onSpawn: (service: Service) => supervisor.adopt(service, 'service'),
  })
  const given = env['OTEL_EXPORTER_OTLP_ENDPOINT']
  const [jaeger, prometheus] = await Promise.all([
    given
      ? undefined
      : attempt('Jaeger', 'Traces are not collected', findJaeger(env), (found) =>
          startJaeger(found, { ...running('jaeger', ports.jaeger), otlpPort: ports.otlp }),
        ),
    attempt('Prometheus', 'Metrics are not collected', await findPrometheus('prometheus', env), (found) =>
      startPrometheus(found, { ...running('prometheus', ports.prometheus), targets: targetsOf(settings) }),
    ),
  ])
  const grafana =
    prometheus &&
    (await attempt('Grafana', 'There is no dashboard', findGrafana(env), (found) =>
      startGrafana(found, {
        ...running('grafana', ports.grafana),
        prometheus: prometheus.url,
        traces: jaeger?.url,
      }),
    ))
  return { prometheus: prometheus?.url, grafana: grafana?.url, traces: jaeger?.url, otlp: given || jaeger?.otlp }
}

/** Who has metrics: every process of the product that runs, and Prometheus itself. */
export function targetsOf({ ports, relayNeeded }: Pick<Settings, 'ports' | 'relayNeeded'>): Target[] {
  const local = (job: string, port: number): Target => ({ job, address: `127.0.0.1:${port}` })
  return [
    local('holdfast-server', ports.api),
    local('holdfast-worker', ports.metrics),
    ...(relayNeeded ? [local('holdfast-relay', ports.relayMetrics)] : []),
    local('prometheus', ports.prometheus),
  ]
}

async function attempt<Found extends object, Started>(
  name: string,
  without: string,
  found: Found | { readonly missing: string },
  start: (found: Found) => Promise<Started>,
): Promise<Started | undefined> {
  if ('missing' in found) {
    say(`${without}: ${found.missing}.`)
    return undefined
  }
  try {
    return await step(name, () => start(found), { always: true })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    say(`${without}: ${error.message}`)
    return undefined
  }
}
