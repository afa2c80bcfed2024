import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ApplicationFailure } from '@temporalio/common'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { paymentActivities } from '../../activities/payments.ts'
import type { Booking } from '../../domain/booking.ts'
import type { PendingEffect } from '../../domain/effects.ts'
import { at, held, OPERATOR } from '../../domain/testing/builders.ts'
import { after, asked, requested, theEffect, told } from '../../domain/testing/steps.ts'
import { httpClient } from '../../services/http.ts'
import { httpPayments } from '../../services/payments.ts'
import type { Payments } from '../../services/ports.ts'
import { scriptedStripe, stripeError } from '../support/stripe.ts'

type Outcome = 'no for good' | 'again'

/** What each operation about money makes of whatever the payment service answers. */
async function outcomes(payments: Payments): Promise<Record<string, Outcome>> {
  const bookings = {
    create: held(),
    capture: after(held(), requested(0), told('authorized', 1)),
    refund: after(held(), requested(0), told('succeeded', 1), asked('cancel', 2, OPERATOR)),
  }
  const due = (booking: Booking, type: PendingEffect['type']) => {
    const operations = paymentActivities({
      payments,
      find: async () => booking,
      record: async () => undefined,
      withhold: async () => undefined,
    })
    return { operations, errand: { bookingId: booking.id, key: theEffect(booking, type, 2).key, at: at(2) } }
  }
  const [create, capture, refund] = [
    due(bookings.create, 'request_payment'),
    due(bookings.capture, 'capture'),
    due(bookings.refund, 'refund'),
  ]
  return {
    create: await outcomeOf(create.operations.requestPayment(create.errand)),
    capture: await outcomeOf(capture.operations.capture(capture.errand)),
    refund: await outcomeOf(refund.operations.refund({ ...refund.errand, amount: 1, currency: 'USD' })),
  }
}

async function outcomeOf(operation: Promise<unknown>): Promise<Outcome> {
  try {
    await operation
  } catch (error) {
    if (error instanceof ApplicationFailure) return error.nonRetryable === true ? 'no for good' : 'again'
    throw error
  }
  throw new Error('it was done')
}

const all = (outcome: Outcome) => ({ create: outcome, capture: outcome, refund: outcome })

const CLIENT_ERRORS = [
  400, 401, 403, 404, 405, 406, 408, 409, 410, 411, 412, 413, 415, 417, 421, 422, 423, 426, 428, 429,
]

describe('N-12 only the bank says no: the payment service over HTTP', () => {
  let answer = { status: 500, body: {} as object }
  const server = createServer((_, response) => {
    response.writeHead(answer.status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(answer.body))
  })
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
  afterAll(() => new Promise((resolve) => server.close(resolve)))

  async function answering(status: number, code: string) {
    answer = { status, body: { code, detail: 'no' } }
    const client = httpClient('payment', `http://127.0.0.1:${(server.address() as AddressInfo).port}`, 1000)
    try {
      return await outcomes(httpPayments(client))
    } finally {
      await client.close()
    }
  }

  test.each(CLIENT_ERRORS)('N-12 a %i is a fault of ours, and is tried again', async (status) => {
    for (const code of ['whatever', 'validation_failed', 'capture_failed']) {
      expect(await answering(status, code)).toEqual(all('again'))
    }
  })

  test('N-12 402 is the bank’s, but for a refund, which may work the next time', async () => {
    expect(await answering(402, 'capture_failed')).toEqual({ ...all('no for good'), refund: 'again' })
  })

  test('N-12 more than there is will never be: the contract lists it', async () => {
    expect(await answering(422, 'amount_too_large')).toEqual(all('no for good'))
  })
})

describe('N-12 only the bank says no: Stripe', () => {
  async function answering(status: number, type: string, more: Record<string, unknown>) {
    const body = stripeError(type, more)
    const { payments } = await scriptedStripe({
      'POST /v1/payment_intents': { status, body },
      'POST /v1/payment_intents/pi_1/capture': { status, body },
      'GET /v1/refunds': { body: { object: 'list', data: [], has_more: false } },
      'POST /v1/refunds': { status, body },
    })
    return outcomes(payments)
  }

  test.each([
    [400, 'invalid_request_error', {}],
    [400, 'invalid_request_error', { code: 'parameter_missing' }],
    [400, 'invalid_request_error', { code: 'payment_method_unactivated' }],
    [400, 'idempotency_error', {}],
    [401, 'invalid_request_error', { code: 'api_key_expired' }],
    [403, 'invalid_request_error', {}],
    [404, 'invalid_request_error', { code: 'resource_missing' }],
    [405, 'invalid_request_error', {}],
    [415, 'invalid_request_error', {}],
  ])('N-12 %i %s %j is a fault of ours, and is tried again', async (status, type, more) => {
    expect(await answering(status, type, more)).toEqual(all('again'))
  })

  test.each([
    [402, 'card_error', { code: 'card_declined' }],
    [400, 'invalid_request_error', { code: 'charge_expired_for_capture' }],
    [400, 'invalid_request_error', { code: 'charge_already_refunded' }],
    [400, 'invalid_request_error', { code: 'charge_disputed' }],
    [400, 'invalid_request_error', { code: 'amount_too_small' }],
    [400, 'invalid_request_error', { code: 'amount_too_large' }],
  ])('N-12 %i %s %j is the bank’s no', async (status, type, more) => {
    expect(await answering(status, type, more)).toEqual(all('no for good'))
  })
})
