import { describe, expect, test } from 'vitest'
import { DISCREPANCY_REASONS } from './discrepancies.ts'
import { isNews, moneyDiffers, onDiscrepancy } from './reconciliation.ts'
import { aPayment, aRefund, at, DUE, held } from './testing/builders.ts'
import { after, asked, requested, told, type Step } from './testing/steps.ts'

const confirmed = after(held(), requested(0), told('authorized', 1), told('succeeded', 2))
const dispute = { id: 'dp_1', state: 'lost', reason: null } as const
const lost = after(confirmed, told('disputed', 3, { amount: 500, dispute }))
const intent = { id: 'pi_1', currency: 'USD', status: 'succeeded', amountCaptured: DUE, amountRefunded: 0 }

describe('H-25 the money of a booking, compared with the payment service', () => {
  test('agrees when as much was captured, and no more went back than we know of', () => {
    expect(moneyDiffers(confirmed, [intent])).toBeNull()
    expect(moneyDiffers(held(), [])).toBeNull()
    const open = { id: 'pi_1', currency: 'USD', status: 'requires_payment_method', amountCaptured: 0 }
    expect(moneyDiffers(after(held(), requested(0)), [open])).toBeNull()
  })

  test('agrees while a refund is on its way, and when it was made by hand', () => {
    const giving = {
      ...confirmed,
      refunds: [aRefund('pending', { paymentId: confirmed.payments[0]!.id, amount: 500 })],
    }
    for (const amountRefunded of [0, 500]) expect(moneyDiffers(giving, [{ ...intent, amountRefunded }])).toBeNull()
  })

  test('agrees about what was taken and went back whole without our knowing, and about what was paid by hand', () => {
    expect(moneyDiffers(held(), [{ ...intent, amountRefunded: DUE }])).toBeNull()
    const byHand = aPayment('succeeded', { intentId: 'manual:b:1', captured: DUE })
    expect(moneyDiffers({ ...held(), payments: [byHand] }, [])).toBeNull()
  })

  test('N-14 agrees when banks have taken back what we know of, and where it is not told', () => {
    expect(moneyDiffers(lost, [{ ...intent, amountDisputed: 500 }])).toBeNull()
    expect(moneyDiffers(lost, [intent])).toBeNull()
    expect(moneyDiffers(confirmed, [{ ...intent, amountDisputed: 0 }])).toBeNull()
  })

  test.each([
    ['less is captured there', confirmed, [{ ...intent, status: 'authorized', amountCaptured: 0 }]],
    ['more is captured there', held(), [intent]],
    ['more went back than we know of', confirmed, [{ ...intent, amountRefunded: DUE }]],
    ['it is in another currency there (N-10)', confirmed, [{ ...intent, currency: 'EUR' }]],
    ['banks have taken more back there (N-14)', confirmed, [{ ...intent, amountDisputed: 500 }]],
    ['banks have taken nothing back there (N-14)', lost, [{ ...intent, amountDisputed: 0 }]],
    ['it does not know the payment', confirmed, []],
  ])('differs when %s', (_, booking, intents) => {
    expect(moneyDiffers(booking, intents)).toMatch(/^payment pi_1/)
  })
})

describe('H-25 a discrepancy', () => {
  const finds =
    (discrepancy: (typeof DISCREPANCY_REASONS)[number] | null, minute: number): Step =>
    (booking) =>
      onDiscrepancy(booking, discrepancy, at(minute))

  test.each(DISCREPANCY_REASONS)(
    '%s calls a person once, and stays through whatever else happens, until it is so no more',
    (reason) => {
      const told = after(confirmed, finds(reason, 3))
      expect(told).toMatchObject({ status: 'confirmed', attention: { reason, since: at(3) } })
      expect(onDiscrepancy(told, reason, at(4)).facts).toEqual([])
      expect(after(told, asked('cancel', 5))).toMatchObject({ status: 'cancelled', attention: { reason } })
      expect(after(told, finds(null, 6))).toMatchObject({ status: 'confirmed', attention: null })
    },
  )

  test('calls nobody who is called already, and takes back nothing that others raised', () => {
    const failed = { ...confirmed, attention: { reason: 'refund_failed', since: at(2) }, refunds: [aRefund('failed')] }
    expect(onDiscrepancy(failed, 'payments_disagree', at(3)).facts).toEqual([])
    expect(onDiscrepancy(failed, null, at(3)).facts).toEqual([])
    expect(onDiscrepancy(confirmed, null, at(3)).facts).toEqual([])
  })

  test('is told of what the booking knows, and of money it does not; not of what nobody paid', () => {
    for (const type of ['authorized', 'processing', 'succeeded'] as const) {
      expect(isNews(held(), { intentId: 'pi_9', type })).toBe(true)
    }
    for (const type of ['failed', 'cancelled'] as const) {
      expect(isNews(held(), { intentId: 'pi_9', type })).toBe(false)
      expect(isNews(confirmed, { intentId: 'pi_1', type })).toBe(true)
    }
  })
})
