import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hold, pay, until } from '../../support/booking.ts'
import { eventually } from '../../support/eventually.ts'
import { offerSeats } from '../../support/offers.ts'
import { startWorkerProcess, type WorkerProcess } from '../../support/worker-process.ts'
import { openWorld, type World } from '../../support/world.ts'

const PERSON = { id: 'ada-4711', name: 'Augusta Ada King', email: 'augusta@lovelace.example' }

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
    expect(text).toMatch(/^holdfast_reconciliation_findings\{outcome="open"\} 0$/m)
    expect(Number(/^holdfast_reconciliation_age_seconds (\S+)$/m.exec(text)?.[1])).toBeGreaterThan(0)
    expect(Number(/^holdfast_confirm_median_seconds (\S+)$/m.exec(text)?.[1])).toBeGreaterThan(0)
    expect(text).toMatch(/^temporal_workflow_task_execution_latency_bucket\{/m)
    expect(text).toMatch(/^temporal_worker_start_total\{/m)
    expect(text).toMatch(/^process_cpu_seconds_total /m)
    for (const secret of [PERSON.id, PERSON.name, PERSON.email, paid.id, paid.reference])
      expect(text).not.toContain(secret)

    await olga.post(`/bookings/${open.id}/cancel`, {})
    await until(olga, open.id, { status: 'cancelled' })
    const after = await (await fetch(`${worker.url}/metrics`)).text()
    expect(after).not.toContain('status="pending"')
    expect(after).toMatch(/^holdfast_holds_open 0$/m)
  })
})
