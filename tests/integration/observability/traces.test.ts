import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { BookingBody } from '../../../api/schemas/booking.ts'
import { grpcClient } from '../../../services/grpc/client.ts'
import { grpcUsers } from '../../../services/grpc/directory.ts'
import { paymentArrived, TRACE_HEADER } from '../../../workflows/contract.ts'
import { hold, pay, until } from '../../support/booking.ts'
import { caller, type Caller } from '../../support/caller.ts'
import {
  pathOf,
  startCollector,
  startGrpcWitness,
  startWitness,
  type CollectedSpan,
  type Collector,
  type Witness,
} from '../../support/collector.ts'
import { eventually } from '../../support/eventually.ts'
import { grpcAs } from '../../support/grpc.ts'
import { offerSeats, type Offer } from '../../support/offers.ts'
import { historyOf, replay } from '../../support/replay.ts'
import { startServerProcess, type ServerProcess } from '../../support/server-process.ts'
import { startWorkerProcess, type WorkerProcess } from '../../support/worker-process.ts'
import { sendWebhook } from '../../support/webhooks.ts'
import { openWorld, type World } from '../../support/world.ts'

const PERSON = {
  id: 'ada-4711',
  name: 'Augusta Ada King',
  email: 'augusta@lovelace.example',
  phone: '+44 20 7946 0958',
}
const TRACE = { id: '4bf92f3577b34da6a3ce929d0e0e4736', parent: '00f067aa0ba902b7' }
const traceparent = `00-${TRACE.id}-${TRACE.parent}-01`

describe('O-07 with OTEL_EXPORTER_OTLP_ENDPOINT', () => {
  let [collector, pricing, payments]: [Collector?, Witness?, Witness?] = []
  let [world, server, worker]: [World?, ServerProcess?, WorkerProcess?] = []
  let olga: Caller
  let offer: Offer
  let booking: BookingBody

  beforeAll(async () => {
    collector = await startCollector()
    const keys = { PAYLOAD_KEYS: `a:${Buffer.alloc(32, 7).toString('base64')}` }
    world = await openWorld({ worker: false, environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...keys } })
    ;[pricing, payments] = [await startWitness(world.sandboxUrl), await startWitness(world.sandboxUrl)]
    const environment = { PRICING_SERVICE_URL: pricing.url, PAYMENT_SERVICE_URL: payments.url, LOG_LEVEL: 'debug' }
    ;[server, worker] = [
      await startServerProcess(world.config, environment),
      await startWorkerProcess(world.config, { ...environment, WORKFLOW_BUNDLE: '' }),
    ]
    const { body } = await world.service.post<{ access_token: string }>('/oauth/token', {
      sub: 'olga',
      role: 'operator',
    })
    olga = caller(`${server.apiUrl}/api/v1`, 'olga', body.access_token)
    offer = await offerSeats(world, 3)
    booking = await hold(olga, offer.order({ customer: PERSON }), { traceparent })
  })
  afterAll(async () => {
    await worker?.stop()
    await server?.stop()
    await world?.close()
    for (const each of [collector, pricing, payments]) await each?.close()
  })

  test('O-07 one trace goes from the caller through HTTP, update, workflow and activities to the services', async () => {
    const spans = await collector!.trace(TRACE.id, [
      'POST /api/v1/bookings',
      'POST pricing',
      'POST payment',
      'RunWorkflow:booking',
      'HandleUpdate:create',
    ])
    const asked = ['holdfast-server POST /api/v1/bookings', 'holdfast-server UpdateWithStartWorkflow:create']
    const worked = [...asked, 'holdfast-worker RunWorkflow:booking']
    expect(pathOf(spans, 'HandleUpdate:create')).toEqual([...asked, 'holdfast-worker HandleUpdate:create'])
    expect(pathOf(spans, 'POST pricing')).toEqual([
      ...worked,
      'holdfast-worker RunActivity:hold',
      'holdfast-worker POST pricing',
    ])
    expect(pathOf(spans, 'POST payment')).toEqual([
      ...worked,
      'holdfast-worker RunActivity:requestPaymentAtOnce',
      'holdfast-worker POST payment',
    ])

    const root = spans.find(({ name }) => name === 'POST /api/v1/bookings')
    expect(root).toMatchObject({
      parentSpanId: TRACE.parent,
      isFailed: false,
      attributes: { 'http.route': '/api/v1/bookings', 'http.response.status_code': 201 },
    })
    const about = new Set(spans.filter(({ name }) => !/^(GET|POST) catalogue/.test(name)).map(bookingOf))
    expect([...about]).toEqual([booking.id])
    const workflow = spans.find(({ name }) => name === 'RunWorkflow:booking')
    expect(workflow!.milliseconds).toBeGreaterThan(0)
    expect(workflow!.milliseconds).toBeLessThanOrEqual(root!.milliseconds)
  })

  test('O-07 the services see the very trace, each call under the span that the collector got', async () => {
    const spans = await collector!.trace(TRACE.id, ['POST pricing', 'POST payment'])
    for (const [name, witness] of [
      ['POST pricing', pricing],
      ['POST payment', payments],
    ] as const) {
      const { spanId } = spans.find((span) => span.name === name)!
      expect(witness!.seen).toContainEqual(expect.stringContaining(`00-${TRACE.id}-${spanId}-01`))
    }
  })

  test('O-07 S-03 what the payment webhook sets off, the capture included, is a trace of its own', async () => {
    await world!.service.put('/control/faults', {
      rules: [{ service: 'payments', operation: 'capture', status: 503, times: 1 }],
    })
    await pay(world!, booking)
    await until(olga, booking.id, { status: 'confirmed' })
    const told = await eventually(async () => {
      const found = collector!.spans().find((span) => span.name === 'RunActivity:capture' && !span.isFailed)
      if (found === undefined) throw new Error('no capture yet')
      return found
    })
    const spans = await collector!.trace(told.traceId, ['POST /api/v1/webhooks/payments', 'HandleUpdate:payment'])
    expect(told.traceId).not.toBe(TRACE.id)
    expect(pathOf(spans, 'RunActivity:capture')).toEqual([
      'holdfast-test POST /api/v1/webhooks/payments',
      'holdfast-test UpdateWorkflow:payment',
      'holdfast-worker HandleUpdate:payment',
      'holdfast-worker RunActivity:capture',
    ])
    expect(spans.map(bookingOf)).toEqual(spans.map(() => booking.id))
    const tries = spans.filter(({ name }) => name === 'RunActivity:capture')
    expect(tries.map(({ isFailed, attributes }) => [isFailed, attributes['temporal.activity.attempt']])).toEqual(
      expect.arrayContaining([
        [true, 1],
        [false, 2],
      ]),
    )
    expect(payments!.seen.filter((line) => line.includes('capture') && line.includes(told.traceId))).toHaveLength(2)
  })

  test('O-07 a signal has its place in the trace of who sent it; a refusal is no failure; probes are not traced', async () => {
    const other = await hold(olga, offer.order({ customer: PERSON }, offer.unitIds[1]))
    const handle = world!.parts.temporal.workflow.getHandle(other.id)
    const now = new Date().toISOString()
    await handle.signal(paymentArrived, { ...STALE, intentId: other.payment!.intent_id, at: now })
    const sold = await olga.post('/bookings', offer.order({ customer: PERSON }))
    expect(sold.status).toBe(409)
    await fetch(`${server!.apiUrl}/ready`)
    await eventually(async () => {
      const spans = collector!.spans()
      expect(pathOf(spans, 'HandleSignal:payment_arrived')).toEqual([
        'holdfast-test SignalWorkflow:payment_arrived',
        'holdfast-worker HandleSignal:payment_arrived',
      ])
      const refused = spans.find(({ attributes }) => attributes['http.response.status_code'] === 409)
      expect(refused?.isFailed).toBe(false)
      expect(spans.filter(({ name }) => /ready|health|metrics/.test(name))).toEqual([])
    })
  })

  test('O-07 who says that a trace is not to be recorded is heard, by all processes, and it still goes on to the services', async () => {
    const silent = 'a3ce929d0e0e47364bf92f3577b34da6'
    const header = { traceparent: `00-${silent}-${TRACE.parent}-00` }
    await hold(olga, offer.order({ customer: PERSON }, offer.unitIds[2]), header)
    await eventually(async () => expect(pricing!.seen.at(-1)).toMatch(new RegExp(`00-${silent}-[0-9a-f]{16}-00$`)))
    expect(collector!.text()).not.toContain(silent)
  })

  test('O-07 G-01 gRPC takes a trace in, and hands it on to services', async () => {
    const users = await startGrpcWitness()
    const client = grpcClient('user', users.url, 5000)
    await grpcUsers(client).user('u-1')
    client.close()
    users.close()

    const ada = await grpcAs(world!, 'customer', 'ada')
    await ada.bookings.find({}, { metadata: { traceparent: `00-${'c'.repeat(32)}-${TRACE.parent}-01` } })
    const asked = await collector!.trace('c'.repeat(32), ['GET /api/v1/bookings'])
    expect(asked[0]?.parentSpanId).toBe(TRACE.parent)
    await eventually(async () => {
      const span = collector!.spans().find(({ name }) => name === 'GetUser user')
      expect(users.seen).toEqual([`00-${span?.traceId}-${span?.spanId}-01`])
    })
  })

  test('O-07 the log says which trace and which booking a line belongs to', async () => {
    const about = { payment: null, currency: 'USD', amount: 4500, id: '0b7a7a52-5d3c-5f0e-9c39-0d6f1d1b7a11' }
    const api = { ...world!, apiUrl: server!.apiUrl }
    await sendWebhook(api, about, 'payment_intent.processing', { data: { intent_id: 'pi_nobody' } })
    const parked = linesOf(server!.log()).find(({ msg }) => msg === 'payment fact parked')
    expect(parked).toMatchObject({ process: 'server', booking_id: about.id })
    const { traceId } = (await collector!.trace(String(parked!['trace_id']), ['POST /api/v1/webhooks/payments']))[0]!
    expect(traceId).toBe(parked!['trace_id'])

    const lines = await eventually(async () => {
      const all = linesOf(worker!.log())
      if (!all.some(({ msg }) => /Activity failed/i.test(String(msg)))) throw new Error('no failure logged')
      return all
    })
    const failed = lines.find(({ msg }) => /Activity failed/i.test(String(msg)))
    const spans = collector!.spans()
    expect(failed).toMatchObject({ process: 'worker', booking_id: booking.id })
    expect(spans.map(({ traceId }) => traceId)).toContain(failed!['trace_id'])
    expect(spans.map(({ spanId }) => spanId)).toContain(failed!['span_id'])
  })

  test('H-23 a history that carries a trace replays', async () => {
    const history = await historyOf(world!.parts.temporal, booking.id)
    const headersOf = (event: NonNullable<NonNullable<typeof history>['events']>[number]) =>
      Object.keys(
        (event.workflowExecutionStartedEventAttributes ?? event.activityTaskScheduledEventAttributes)?.header?.fields ??
          {},
      )
    const headers = history!.events!.map(headersOf).filter((names) => names.length > 0)
    expect(headers.length).toBeGreaterThan(1)
    expect(new Set(headers.flat())).toEqual(new Set([TRACE_HEADER]))
    await replay(world!.parts, inject('shared').bundlePath)
  })

  test('O-07 what is asked of a booking whose run has ended is one trace, too, to the refund', async () => {
    const header = { traceparent: `00-${'d'.repeat(32)}-${TRACE.parent}-01` }
    await olga.post(`/bookings/${booking.id}/cancel`, {}, header)
    // To the end: what is under way when the worker stops would be audited half done.
    await until(olga, booking.id, ({ status, payment }) => {
      expect([status, payment?.status]).toEqual(['cancelled', 'refunded'])
    })
    const spans = await collector!.trace('d'.repeat(32), [
      'RunActivity:refund',
      'HandleUpdate:cancel',
      'RunWorkflow:booking',
      'POST /api/v1/bookings/:id/cancel',
    ])
    expect(spans.filter(({ isFailed }) => isFailed)).toEqual([])
    expect(pathOf(spans, 'RunActivity:refund')).toEqual([
      'holdfast-server POST /api/v1/bookings/:id/cancel',
      'holdfast-server UpdateWithStartWorkflow:cancel',
      'holdfast-worker HandleUpdate:cancel',
      'holdfast-worker RunActivity:refund',
    ])
    expect(pathOf(spans, 'RunWorkflow:booking')).toContain('holdfast-server UpdateWithStartWorkflow:cancel')
  })

  test('O-07 neither logs nor spans of the whole story name a person, or hold what somebody could pay or sign in with', async () => {
    const told = [server!.log(), worker!.log(), collector!.text()]
    for (const text of told) expect(text).not.toBe('')
    const secrets = [...Object.values(PERSON), booking.payment!.client_secret ?? 'secret', 'eyJ', 'olga', 'Bearer']
    for (const secret of [...secrets, world!.config.PAYMENT_WEBHOOK_SECRET]) {
      for (const text of told) expect(text.includes(secret), secret).toBe(false)
    }
  })
})

const STALE = {
  id: 'stale-1',
  type: 'processing',
  amount: 0,
  currency: null,
  method: null,
  failureCode: null,
  refundKey: null,
} as const

function bookingOf({ attributes }: CollectedSpan): unknown {
  return attributes['holdfast.booking_id']
}

function linesOf(log: string): Record<string, unknown>[] {
  return log
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}
