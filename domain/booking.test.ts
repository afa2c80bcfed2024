import { describe, expect, test } from 'vitest'
import { dueOf, hasStatus, openPayment, payingPayment, retained, wasConfirmed, type Payment } from './booking.ts'
import { aPayment, aRefund, DUE, EXPIRY, held } from './testing/builders.ts'
import { after, asked, rang, requested, told } from './testing/steps.ts'

const booking = (...payments: Payment[]) => ({ ...held(), payments })
const first = (status: Payment['status'], more: Partial<Payment> = {}) => aPayment(status, { id: 'p-1', ...more })
const second = (status: Payment['status'], more: Partial<Payment> = {}) =>
  aPayment(status, { id: 'p-2', intentId: 'pi_2', ...more })

test('what is due is the whole price', () => {
  expect(dueOf(held())).toBe(DUE)
})

describe('H-05 the payment a booking stands on', () => {
  test('N-18 is none of which a part is on its way back, though the rest of it has arrived since', () => {
    const refunds = [aRefund('pending', { paymentId: 'p-1', amount: 1 })]
    const refilled = { ...booking(first('succeeded'), second('authorized')), refunds }
    expect(payingPayment(refilled)?.id).toBe('p-2')
    expect(payingPayment({ ...refilled, refunds: [aRefund('dropped', { paymentId: 'p-1', amount: 1 })] })?.id).toBe(
      'p-1',
    )
  })

  test('is none while nothing is authorised or captured', () => {
    for (const status of ['requested', 'processing', 'failed', 'voided'] as const) {
      expect(payingPayment(booking(first(status)))).toBeUndefined()
    }
    expect(payingPayment(booking())).toBeUndefined()
  })

  test('is the first of two alike', () => {
    expect(payingPayment(booking(first('authorized'), second('authorized')))?.id).toBe('p-1')
    expect(payingPayment(booking(first('succeeded'), second('succeeded')))?.id).toBe('p-1')
  })

  test('is the captured one rather than one that is only authorised, so that nobody is charged twice', () => {
    expect(payingPayment(booking(first('authorized'), second('succeeded')))?.id).toBe('p-2')
  })

  test('is one that is enough rather than one that is not', () => {
    expect(payingPayment(booking(first('succeeded', { captured: 5000 }), second('succeeded')))?.id).toBe('p-2')
    expect(payingPayment(booking(first('succeeded', { captured: 5000 }), second('authorized')))?.id).toBe('p-2')
    expect(payingPayment(booking(first('authorized', { amount: 5000 }), second('authorized')))?.id).toBe('p-2')
  })

  test('is one that is not enough when there is no other', () => {
    expect(payingPayment(booking(first('failed'), second('succeeded', { captured: 5000 })))?.id).toBe('p-2')
  })
})

test('the open payment is the latest that can still be paid', () => {
  expect(openPayment(booking(first('requested'), second('failed')))?.id).toBe('p-2')
  expect(openPayment(booking(first('processing'), second('voided')))?.id).toBe('p-1')
  expect(openPayment(booking(first('succeeded'), second('authorized')))).toBeUndefined()
})

test('what is retained is neither back nor on its way back', () => {
  const payments = [first('succeeded'), second('succeeded', { captured: 500 })]
  expect(retained({ payments, refunds: [] })).toBe(DUE + 500)
  for (const status of ['pending', 'succeeded', 'failed'] as const) {
    expect(retained({ payments, refunds: [aRefund(status, { amount: 700 })] })).toBe(DUE - 200)
  }
})

test('a booking is narrowed by its status', () => {
  expect(hasStatus(held(), 'pending')).toBe(true)
  expect(hasStatus(held(), 'confirmed')).toBe(false)
})

test('N-41 it was confirmed when it is, or was before it ended', () => {
  const confirmed = after(held(), requested(0), told('succeeded', 1))
  const approving = after(held({ terms: { requiresApproval: true } }), requested(0), told('authorized', 1))
  const cases = [held(), approving, after(held(), rang(EXPIRY)), confirmed, after(confirmed, asked('cancel', 2))]
  expect(cases.map(wasConfirmed)).toEqual([false, false, false, true, true])
})
