import { describe, expect, it } from 'vitest'
import { moneyOf, type HistoryLine } from '../../api/console/support/money.ts'
import { leftText } from '../../api/console/support/render.ts'

const SYSTEM = { role: 'system', id: 'holdfast' }
const OLGA = { role: 'operator', id: 'olga' }

let second = 0
function line(action: string, data: Record<string, unknown>, actor = SYSTEM): HistoryLine {
  second += 1
  return { action, data, actor, reason: null, at: `2027-01-01T00:00:${String(second).padStart(2, '0')}.000Z` }
}

const paid = (intent: string, amount: number) => [
  line('payment_requested', { intent_id: intent, amount }),
  line('payment_authorized', { intent_id: intent, amount, method: 'card' }),
  line('payment_captured', { intent_id: intent, amount, method: 'card' }),
]
const refund = (key: string, amount: number) => line('refund_requested', { key, amount, reason: 'cancelled' })

describe('the money of a booking, as its page tells it', () => {
  it('is what was taken: what went back, what is on its way, what failed, and what is kept add up to it (H-06)', () => {
    const history = [
      ...paid('pi_1', 5000),
      ...paid('pi_2', 2000),
      refund('refund:1', 1000),
      line('refund_succeeded', { key: 'refund:1' }),
      refund('refund:2', 700),
      refund('refund:3', 500),
      line('refund_failed', { key: 'refund:3' }),
      refund('refund:4', 300),
      line('refund_succeeded', { key: 'refund:4' }),
      line('refund_bounced', { key: 'refund:4' }),
    ]
    const { refunds, totals } = moneyOf(history)
    expect(totals).toEqual({ taken: 7000, back: 1000, onItsWay: 700, stuck: 800, disputed: 0, kept: 4500 })
    expect(refunds.map(({ state }) => state)).toEqual(['went through', 'on its way', 'failed', 'bounced'])
  })

  it('tells who settled a refund, and tries it again under its key (X-07, X-12)', () => {
    const failed = [...paid('pi_1', 900), refund('refund:1', 900), line('refund_failed', { key: 'refund:1' })]
    const again = [...failed, refund('refund:1', 900)]
    expect(moneyOf(again).refunds).toMatchObject([{ state: 'on its way', amount: 900 }])
    for (const action of ['refund_succeeded', 'bounce_settled']) {
      const settled = moneyOf([...failed, line(action, { key: 'refund:1' }, OLGA)])
      expect(settled.refunds).toMatchObject([{ state: 'settled by hand' }])
      expect(settled.totals).toMatchObject({ back: 900, stuck: 0, kept: 0 })
    }
  })

  it('N-14 knows what was given back past us, which refunds that makes needless, and what the bank has', () => {
    const requested = [...paid('pi_1', 900), refund('refund:1', 600)]
    const found = [...requested, line('refund_found', { key: 'elsewhere:re_1', amount: 500, refund_id: 're_1' })]
    expect(moneyOf(found).refunds.map(({ state }) => state)).toEqual(['not needed', 'made elsewhere'])
    expect(moneyOf(found).totals).toMatchObject({ back: 500, onItsWay: 0, kept: 400 })

    const dispute = (...states: string[]) =>
      moneyOf([
        ...paid('pi_1', 900),
        ...states.map((state) => line('disputed', { dispute_id: 'd', state, amount: 900 })),
      ])
    expect(dispute('opened').totals).toMatchObject({ disputed: 0, kept: 900 })
    expect(dispute('opened', 'withdrawn').totals).toMatchObject({ disputed: 900, kept: 0 })
    expect(dispute('withdrawn', 'opened').totals).toMatchObject({ disputed: 900, kept: 0 })
    expect(dispute('withdrawn', 'reinstated').totals).toMatchObject({ disputed: 0, kept: 900 })
    expect(dispute('lost').totals).toMatchObject({ disputed: 900, kept: 0 })
    expect(dispute('withdrawn', 'won').totals).toMatchObject({ disputed: 0, kept: 900 })
  })

  it('knows an intent once, whatever comes first, and why it failed (H-07)', () => {
    const quick = [
      line('payment_captured', { intent_id: 'pi_1', amount: 900, method: 'card' }),
      line('payment_requested', { intent_id: 'pi_1', amount: 900 }),
      line('payment_failed', { intent_id: 'pi_2', failure_code: 'declined' }),
      line('payment_voided', { intent_id: 'pi_3' }),
    ]
    expect(moneyOf(quick).payments).toMatchObject([
      { intentId: 'pi_1', state: 'taken', taken: 900, amount: 900 },
      { intentId: 'pi_2', state: 'failed', failure: 'declined', amount: null },
      { intentId: 'pi_3', state: 'cancelled', taken: 0 },
    ])
  })
})

describe('the time that is left', () => {
  it.each([
    ['2027-01-01T00:00:09.000Z', 'in 9 s'],
    ['2027-01-01T00:09:59.000Z', 'in 9 min 59 s'],
    ['2027-01-01T03:12:00.000Z', 'in 3 h 12 min'],
    ['2027-01-03T01:00:00.000Z', 'in 2 d 1 h'],
    ['2026-12-31T23:58:30.000Z', '1 min 30 s ago'],
  ])('until %s is %s', (instant, expected) => {
    expect(leftText(instant, new Date('2027-01-01T00:00:00.000Z'))).toBe(expected)
  })
})
