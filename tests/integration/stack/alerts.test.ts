import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { createMetrics } from '../../../api/metrics.ts'
import { relayMetrics } from '../../../events/lag.ts'
import { bookingMetrics } from '../../../observability/bookings.ts'
import { reconciliationMetrics } from '../../../observability/reconciliation.ts'
import { openDatabase } from '../../../prisma/client.ts'
import { checkout } from '../../../stack/launcher/cache.mjs'
import { runTool } from '../../../stack/launcher/tool.mjs'
import { findPromtool } from '../../support/promtool.ts'

const folder = join(checkout, 'deploy', 'prometheus')
const { groups } = parse(readFileSync(join(folder, 'alerts.yaml'), 'utf8')) as {
  groups: { rules: { alert: string; expr: string; annotations: { runbook: string } }[] }[]
}
const rules = groups.flatMap((group) => group.rules)
const { panels } = JSON.parse(readFileSync(join(checkout, 'deploy', 'grafana', 'holdfast.json'), 'utf8')) as {
  panels: { gridPos: { x: number; y: number }; targets: { expr: string }[] }[]
}
const shown = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
const promtool = (await findPromtool()) ?? ''

describe('O-07 the alerts of deploy/prometheus', () => {
  it.skipIf(promtool === '')('needs promtool: each fires when it should, and not before', async () => {
    expect(await runTool(promtool, ['check', 'rules', 'alerts.yaml'], { cwd: folder })).toContain(
      `${rules.length} rules found`,
    )
    expect(await runTool(promtool, ['test', 'rules', 'alerts.test.yaml'], { cwd: folder })).toContain('SUCCESS')
    const tested = readFileSync(join(folder, 'alerts.test.yaml'), 'utf8')
    for (const { alert } of rules) expect(tested).toMatch(new RegExp(`alertname: ${alert}\\n\\s+exp_alerts`))
  })

  it('these and the panels of the Grafana dashboard read metrics that the processes have', async () => {
    const registry = new Registry()
    const database = openDatabase('postgresql://127.0.0.1:1/nowhere', 1)
    bookingMetrics(registry, database)
    reconciliationMetrics(registry, database)
    relayMetrics(registry, database)
    const names = [...registry.getMetricsAsArray(), ...createMetrics().registry.getMetricsAsArray()].map(
      ({ name }) => name,
    )
    await database.$disconnect()
    for (const expr of [...rules.map((rule) => rule.expr), ...shown]) {
      const asked = [...expr.matchAll(/\bholdfast_\w+/g)].map(([name]) => name.replace(/_(count|bucket|sum)$/, ''))
      for (const name of asked) expect(names).toContain(name)
    }
  })

  it('O-07 the dashboard shows the API, the workers, and what the business asks for', () => {
    const asked = {
      'how the API answers': 'holdfast_http_request_seconds_count',
      'how fast': 'holdfast_http_request_seconds_bucket',
      'bookings by outcome': 'holdfast_bookings',
      'holds open': 'holdfast_holds_open',
      'hold age': 'holdfast_hold_oldest_seconds',
      'time to confirm': 'holdfast_confirm_median_seconds',
      'refunds pending': 'holdfast_refunds_pending',
      attention: 'holdfast_bookings_attention',
      'outbox lag': 'holdfast_outbox_oldest_seconds',
      'time to Kafka': 'holdfast_relay_lag_seconds_bucket',
      'tasks wait': 'temporal_workflow_task_schedule_to_start_latency_bucket',
      'tasks fail': 'temporal_workflow_task_execution_failed_total',
      'activities fail': 'temporal_activity_execution_failed_total',
      'room for tasks': 'temporal_worker_task_slots_available',
      alerts: 'ALERTS',
    }
    const names = new Set(shown.flatMap((expr) => expr.match(/\w+/g) ?? []))
    const missing = Object.entries(asked).filter(([, name]) => !names.has(name))
    expect(missing).toEqual([])
    const places = panels.map(({ gridPos: { x, y } }) => `${x},${y}`)
    expect(new Set(places).size).toBe(places.length)
  })

  it('each has a chapter in the runbook', () => {
    const runbook = readFileSync(join(checkout, 'docs', 'runbook.md'), 'utf8')
    const chapters = [...runbook.matchAll(/^## (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, '')
        .replaceAll(' ', '-'),
    )
    for (const { annotations } of rules) expect(chapters).toContain(annotations.runbook.replace('docs/runbook.md#', ''))
  })
})
