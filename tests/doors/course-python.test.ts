import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { offerCourse, offerSessions } from '../support/offers.ts'
import { freePort } from '../support/ports.ts'
import { eventsOf, NEEDS_PYTHON, noPython, runPython, type Finding } from '../support/python.ts'
import { openWorld } from '../support/world.ts'
import { tokens } from './client.ts'

const CHECKS = [
  'create_order: several items, one payment, all held',
  'create_order is idempotent, also when it is asked eight times at once',
  'create_order validates the course, the session and the items',
  'get_order and get_orders_by_user, by status too',
  'the payment: initiated, succeeded, told again it changes nothing',
  'the payment failed, and timed out: the order says so, and its answer has the status after it',
  'an order that nobody pays expires',
  'update_order_status: each status by whom it belongs to',
  'update_order_status: what is not legal is refused, and changes nothing',
  'cancel_order, and what is cancelled goes nowhere any more',
  'a paid order that is cancelled is refunded',
  'create_session_booking: pending, booked by its payment, attended, completed',
  'a session is missed, or cancelled with its money back',
  'a full session is refused, and nobody without a token, nobody else’s order',
  'consumes OrderCreated, OrderSucceeded and OrderFailed',
]

describe.skipIf(noPython !== null)(`a Python client of the courses document (${NEEDS_PYTHON})`, () => {
  let findings: Finding[] = []
  beforeAll(async () => {
    findings = await play()
  })

  test.each(CHECKS)('F-05 F-07 %s', (name) => {
    expect(findings.filter((finding) => finding.name === name)).toEqual([{ name, ok: true, detail: '' }])
  })

  test('F-05 F-07 makes these checks, and no others', () => {
    expect(findings.map(({ name }) => name)).toEqual(CHECKS)
  })
})

async function play(): Promise<Finding[]> {
  const port = await freePort()
  const world = await openWorld({ environment: { COURSE_PORT: String(port) } })
  try {
    await world.grpc()
    // What becomes of payments is told by the payment service's own calls here.
    await world.service.put('/control/faults', { rules: [{ service: 'webhooks', drop: true }] })
    const settings = {
      address: `127.0.0.1:${port}`,
      protos: fileURLToPath(new URL('../../api/proto', import.meta.url)),
      tokens: await tokens(world, {
        student: ['customer', 'ada'],
        stranger: ['customer', 'ben'],
        operator: ['operator', 'olga'],
        payments: ['service', 'payment-service'],
      }),
      course: (await offerCourse(world)).offeringId,
      quick_course: (await offerCourse(world, null, { hold_seconds: 3, lapse_grace_seconds: 1 })).offeringId,
      sessions: (await offerSessions(world, 1, 10)).offeringId,
    }
    return await runPython('course_client.py', settings, {
      // The payment happens at the payment service, which the document leaves to others.
      pay: async ({ intent_id, client_secret }) => {
        const body = { client_secret, payment_method: 'pm_card_visa' }
        return (await world.service.post(`/api/v1/payments/intents/${intent_id}/confirm`, body)).status
      },
      events: () => eventsOf(world),
    })
  } finally {
    await world.close()
  }
}
