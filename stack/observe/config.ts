import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkout } from '../launcher/cache.mjs'

const rules = join(checkout, 'deploy', 'prometheus', 'alerts.yaml')
const dashboards = join(checkout, 'deploy', 'grafana')

/** A process to be asked for its metrics: `host:port` of what answers at /metrics. */
export type Target = { readonly job: string; readonly address: string }

/** Writes Prometheus' configuration into a folder: who is asked, and the alert rules of deploy/prometheus. Answers with its path. JSON is YAML. */
export function writePrometheusConfig(folder: string, targets: readonly Target[]): string {
  const config = {
    global: { scrape_interval: '5s', evaluation_interval: '15s' },
    rule_files: [rules],
    scrape_configs: targets.map(({ job, address }) => ({ job_name: job, static_configs: [{ targets: [address] }] })),
  }
  return write(folder, 'prometheus.yaml', config)
}

/** Writes what Grafana begins with: Prometheus as its source (and Jaeger), and the dashboards of deploy/grafana. Answers with its folder. */
export function writeGrafanaProvisioning(folder: string, prometheus: string, traces: string | undefined): string {
  const proxied = { access: 'proxy', editable: false }
  const datasources = [
    { name: 'Prometheus', type: 'prometheus', url: prometheus, isDefault: true, ...proxied },
    ...(traces === undefined ? [] : [{ name: 'Jaeger', type: 'jaeger', url: traces, ...proxied }]),
  ]
  write(join(folder, 'datasources'), 'holdfast.yaml', { apiVersion: 1, datasources })
  const providers = [{ name: 'holdfast', type: 'file', options: { path: dashboards } }]
  write(join(folder, 'dashboards'), 'holdfast.yaml', { apiVersion: 1, providers })
  return folder
}

function write(folder: string, name: string, content: object): string {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, name)
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`)
  return path
}
