import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkout } from '../../../stack/launcher/cache.mjs'
import { findPrometheus } from '../../../stack/observe/find.ts'
import { startPrometheus } from '../../../stack/observe/start.ts'
import { hold, pay, until } from '../../support/booking.ts'
import { eventually } from '../../support/eventually.ts'
import { freePort } from '../../support/ports.ts'
import { offerSeats } from '../../support/offers.ts'
import { startWorkerProcess, type WorkerProcess } from '../../support/worker-process.ts'
import { openWorld, type World } from '../../support/world.ts'

const PERSON = { id: 'ada-4711', name: 'Augusta Ada King', email: 'augusta@lovelace.example' }

const prometheus = await findPrometheus()

describe('O-07 what a worker tells Prometheus', () => {
  let world: World
  let worker: WorkerProcess
  beforeAll(async () => {
    world = await openWorld({ worker: false })
    worker = await startWorkerProcess(world.config)
  })
  afterAll(async () => {
    await worker?.stop()
    await world?.close()
  })

  test('O-07 the business’s figures, those of Temporal’s worker and Node’s, in one answer, and nobody’s name', async () => {
    const olga = await world.as('operator', 'olga')
    const offer = await offerSeats(world, 2)
    const paid = await hold(olga, offer.order({ customer: PERSON }))
    await pay(world, paid)
    await until(olga, paid.id, { status: 'confirmed' })
    const open = await hold(olga, offer.order({ customer: PERSON }, 'A-2'))

    const text = await eventually(async () => {
      const answer = await fetch(`${worker.url}/metrics`)
      const body = await answer.text()
      expect(answer.headers.get('content-type')).toMatch(/^text\/plain/)
      expect(body).toContain('holdfast_bookings{profile="ticketing",status="confirmed"} 1')
      return body
    })
    expect(text).toContain('holdfast_bookings{profile="ticketing",status="pending"} 1')
    expect(text).toMatch(/^holdfast_holds_open 1$/m)
    expect(text).toMatch(/^holdfast_refunds_pending 0$/m)
    expect(text).toMatch(/^holdfast_bookings_overdue 0$/m)
    expect(text).toMatch(/^holdfast_reconciliation_discrepancies\{outcome="open"\} 0$/m)
    expect(Number(/^holdfast_reconciliation_age_seconds (\S+)$/m.exec(text)?.[1])).toBeGreaterThan(0)
    expect(Number(/^holdfast_confirm_median_seconds (\S+)$/m.exec(text)?.[1])).toBeGreaterThan(0)
    expect(text).toMatch(/^temporal_workflow_task_execution_latency_bucket\{/m)
    expect(text).toMatch(/^temporal_worker_start_total\{/m)
    expect(text).toMatch(/^temporal_worker_task_slots_available\{.*worker_type=/m)
    expect(text).toMatch(/^process_cpu_seconds_total /m)
    for (const secret of [PERSON.id, PERSON.name, PERSON.email, paid.id, paid.reference])
      expect(text).not.toContain(secret)

    await olga.post(`/bookings/${open.id}/cancel`, {})
    await until(olga, open.id, { status: 'cancelled' })
    const after = await (await fetch(`${worker.url}/metrics`)).text()
    expect(after).not.toContain('status="pending"')
    expect(after).toMatch(/^holdfast_holds_open 0$/m)
  })

  test.skipIf('missing' in prometheus)(
    'O-07 needs Prometheus: it reads both processes, takes the alert rules, and has an answer for each panel of the dashboard',
    async () => {
      const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-prometheus-'))
      const targets = [
        { job: 'holdfast-server', address: new URL(world.apiUrl).host },
        { job: 'holdfast-worker', address: new URL(worker.url).host },
      ]
      const { path } = prometheus as { path: string }
      const running = await startPrometheus(
        { path },
        { dataDir, port: await freePort(), log: () => undefined, targets },
      )
      try {
        const ask = async <Data>(query: string): Promise<Data> => {
          const answer = await fetch(`${running.url}/api/v1/${query}`)
          const body = (await answer.json()) as { status: string; error?: string; data: Data }
          expect({ query, status: body.status, error: body.error }).toMatchObject({ status: 'success' })
          return body.data
        }
        await eventually(async () => {
          const { result } = await ask<{ result: { metric: { job: string }; value: [number, string] }[] }>(
            'query?query=up',
          )
          const up = result.map(({ metric, value }) => `${metric.job} ${value[1]}`).toSorted()
          expect(up).toEqual(targets.map(({ job }) => `${job} 1`))
        }, 30)
        const { groups } = await ask<{ groups: { rules: { name: string; health: string }[] }[] }>('rules')
        expect(groups.flatMap(({ rules }) => rules).map(({ name }) => name)).toContain('HoldfastBookingsOverdue')
        const dashboard = await readFile(join(checkout, 'deploy', 'grafana', 'holdfast.json'), 'utf8')
        const { panels } = JSON.parse(dashboard) as { panels: { targets: { expr: string }[] }[] }
        for (const { expr } of panels.flatMap((panel) => panel.targets)) {
          await ask(`query?query=${encodeURIComponent(expr.replaceAll('$__rate_interval', '1m'))}`)
        }
      } finally {
        await running.stop()
        await rm(dataDir, { recursive: true, force: true })
      }
    },
  )
})
