import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { banner } from '../../../stack/banner.ts'
import { environments } from '../../../stack/environment.ts'
import { checkout } from '../../../stack/launcher/cache.mjs'
import { runTool } from '../../../stack/launcher/tool.mjs'
import { writeGrafanaProvisioning, writePrometheusConfig } from '../../../stack/observe/config.ts'
import { findGrafana, findJaeger, findPrometheus } from '../../../stack/observe/find.ts'
import { observe, targetsOf } from '../../../stack/observe/observe.ts'
import { developmentSecrets } from '../../../stack/secrets.ts'
import { freePort } from '../../../stack/ports.ts'
import { readSettings } from '../../../stack/settings.ts'
import { supervise } from '../../../stack/supervisor.ts'
import { findPromtool } from '../../support/promtool.ts'
import { folderForTest } from './folders.ts'

const promtool = (await findPromtool()) ?? ''

/** A program on a PATH of its own that does what the lines of JavaScript say. */
function program(name: string, script: string): string {
  const folder = folderForTest()
  const path = join(folder, name)
  writeFileSync(path, `#!${process.execPath}\n${script}\n`)
  chmodSync(path, 0o755)
  return folder
}

/** What is said to people while a test runs. */
function said(): string[] {
  const lines: string[] = []
  const [log, error] = [vi.spyOn(console, 'log'), vi.spyOn(console, 'error')]
  for (const spy of [log, error]) spy.mockImplementation((line: string) => void lines.push(line))
  onTestFinished(() => {
    for (const spy of [log, error]) spy.mockRestore()
  })
  return lines
}

describe('O-07 npm start -- --observe', () => {
  it('O-07 asks every process that runs for its metrics, and the relay only when there is one', () => {
    const env = { PORT: '4000', METRICS_PORT: '4001', RELAY_METRICS_PORT: '4002', PROMETHEUS_PORT: '4003' }
    expect(targetsOf(readSettings(env))).toEqual([
      { job: 'holdfast-server', address: '127.0.0.1:4000' },
      { job: 'holdfast-worker', address: '127.0.0.1:4001' },
      { job: 'prometheus', address: '127.0.0.1:4003' },
    ])
    expect(targetsOf(readSettings(env, { kafka: true }))).toContainEqual({
      job: 'holdfast-relay',
      address: '127.0.0.1:4002',
    })
    expect(readSettings({}, { observe: true }).observed).toBe(true)
    expect(readSettings({}).observed).toBe(false)
  })

  it.skipIf(promtool === '')(
    'O-07 needs Prometheus: its promtool takes the configuration, rules included',
    async () => {
      const path = writePrometheusConfig(folderForTest(), targetsOf(readSettings({}, { kafka: true })))
      const told = await runTool(promtool, ['check', 'config', path])
      expect(told).toMatch(/SUCCESS: 1 rule files found/)
      expect(told).toMatch(/SUCCESS: \d+ rules found/)
    },
  )

  it('O-07 Grafana begins with Prometheus as its source and the dashboard of deploy/grafana', () => {
    const folder = writeGrafanaProvisioning(folderForTest(), 'http://127.0.0.1:9090', 'http://127.0.0.1:16686')
    const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name, 'holdfast.yaml'), 'utf8'))
    expect(read('datasources')).toMatchObject({
      datasources: [
        { type: 'prometheus', url: 'http://127.0.0.1:9090', isDefault: true },
        { type: 'jaeger', url: 'http://127.0.0.1:16686' },
      ],
    })
    const dashboards = join(checkout, 'deploy', 'grafana')
    expect(read('dashboards')).toMatchObject({ providers: [{ type: 'file', options: { path: dashboards } }] })
    expect(existsSync(join(dashboards, 'holdfast.json'))).toBe(true)
  })

  it('O-07 the processes are told where to send their spans, the sandbox is not, and what is set wins', () => {
    const urls = { api: '', sandbox: '', temporalUi: undefined, temporalAddress: '', databaseUrl: '', docs: '' }
    const secrets = developmentSecrets(folderForTest())
    const observed = { ...urls, otlp: 'http://127.0.0.1:4318', traces: 'http://127.0.0.1:16686' }
    const made = environments({}, readSettings({}), secrets, observed)
    for (const name of ['api', 'worker', 'relay'] as const) {
      expect(made[name]).toMatchObject({ OTEL_EXPORTER_OTLP_ENDPOINT: observed.otlp })
    }
    expect(made.sandbox).not.toHaveProperty('OTEL_EXPORTER_OTLP_ENDPOINT')
    const own = { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example' }
    expect(environments(own, readSettings(own), secrets, observed).api).toMatchObject(own)
    expect(environments({}, readSettings({}), secrets, urls).api).not.toHaveProperty('OTEL_EXPORTER_OTLP_ENDPOINT')
    expect(banner(observed)).toMatch(/Traces +http:\/\/127\.0\.0\.1:16686/)
  })
})

describe.skipIf(process.platform === 'win32')('O-07 what a machine does not have', () => {
  it('O-07 is named in one line each, with what to do, and is no failure', async () => {
    const env = { PATH: folderForTest(), HOME: folderForTest() }
    const lines = said()
    expect(await observe(readSettings(env, { observe: true }), env, supervise())).toEqual({})
    expect(lines.filter((line) => line.includes('not'))).toEqual([
      expect.stringMatching(/^Traces are not collected: Jaeger is not on the PATH; .*OTEL_EXPORTER_OTLP_ENDPOINT/),
      expect.stringMatching(
        /^Metrics are not collected: Prometheus is not on the PATH, .*; put prometheus on the PATH\.$/,
      ),
    ])
    expect(await findPrometheus('promtool', env)).toHaveProperty('missing')
    expect(findGrafana(env)).toEqual({ missing: expect.stringContaining('import deploy/grafana/holdfast.json') })
    expect(findGrafana({ PATH: program('grafana', '') })).toHaveProperty('missing')
  })

  it('O-07 a collector that is set is used, and none is started', async () => {
    const env = { PATH: folderForTest(), HOME: folderForTest(), OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otlp.example' }
    said()
    expect(await observe(readSettings(env), env, supervise())).toEqual({ otlp: 'https://otlp.example' })
  })

  it('O-07 what is on the PATH is started on this machine only, and stopped with the rest; what breaks is no failure', async () => {
    // Jaeger itself is on few machines: this has its arguments, its two ports and its manners.
    const jaeger = `const { createServer } = require('node:http')
      for (const arg of process.argv.slice(2)) {
        const [, host, port] = /^--set=[a-z_.]+=([0-9.]+):([0-9]+)$/.exec(arg)
        createServer((_, response) => response.end('ok')).listen(Number(port), host)
      }`
    const env = {
      PATH: program('jaeger', jaeger),
      HOME: folderForTest(),
      HOLDFAST_HOME: folderForTest(),
      JAEGER_PORT: String(await freePort()),
      OTLP_PORT: String(await freePort()),
    }
    expect(findJaeger(env)).toEqual({ path: join(env.PATH, 'jaeger') })
    const supervisor = supervise()
    onTestFinished(() => supervisor.stopAll())
    const lines = said()
    const observed = await observe(readSettings(env), env, supervisor)
    const [traces, otlp] = [`http://127.0.0.1:${env.JAEGER_PORT}`, `http://127.0.0.1:${env.OTLP_PORT}`]
    expect(observed).toEqual({ traces, otlp })
    expect((await fetch(otlp)).status).toBe(200)

    const twice = await observe(readSettings(env), env, supervisor)
    expect(twice).toEqual({})
    expect(lines.join('\n')).toMatch(/Traces are not collected: Port \d+ \(Jaeger\) is taken .* JAEGER_PORT=/)
    await supervisor.stopAll()
    await expect(fetch(traces)).rejects.toThrow('fetch failed')

    const broken = { ...env, PATH: program('jaeger', `console.log('no disk'); process.exit(3)`) }
    expect(await observe(readSettings(broken), broken, supervise())).toEqual({})
    expect(lines.join('\n')).toMatch(/Traces are not collected: Jaeger did not start \(exit code 3\)[^]*no disk/)
  })
})
