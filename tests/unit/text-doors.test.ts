import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refused } from '../../domain/failures.ts'
import { faultyTexts, isLine, isPlainLine, isText } from '../../domain/text.ts'
import { PAYMENT_READERS } from '../../events/consumers/payment-messages.ts'
import { Unreadable } from '../../events/consumers/reading.ts'
import { readStripeEvent } from '../../services/stripe/events.ts'

/** Texts, and whether they are any: as they stand after parsing. */
const TEXTS: readonly (readonly [name: string, text: string, isGood: boolean])[] = [
  ['plain', 'pi_1', true],
  ['a backslash and a number', 'pi_\\u0000', true],
  ['two backslashes', 'a\\\\u0000', true],
  ['a whole surrogate pair', 'pi_\u{1F600}', true],
  ['NUL', 'pi_\u0000', false],
  ['the first half of a pair', 'pi_\ud83d', false],
  ['the second half of a pair', '\ude00pi_', false],
  ['the halves the wrong way round', '\ude00\ud83d', false],
  ['a bell', 'a\u0007', false],
]

function outcomeOf(ask: () => unknown): string {
  try {
    return ask() === null ? 'nothing' : 'taken'
  } catch (error) {
    if (error instanceof Unreadable) return 'refused'
    if (error instanceof Refused && error.code === 'validation_failed') return 'refused'
    throw error
  }
}

const SECRET = 'whsec_test'

function fromStripe(event: object): unknown {
  const payload = JSON.stringify(event)
  const at = Math.floor(Date.now() / 1000)
  const signature = createHmac('sha256', SECRET).update(`${at}.${payload}`).digest('hex')
  return readStripeEvent(Buffer.from(payload), `t=${at},v1=${signature}`, SECRET)
}

const now = () => Math.floor(Date.now() / 1000)

function intentEvent(id: string, more: object = {}, created = now()): object {
  const object = {
    object: 'payment_intent',
    id,
    amount: 1,
    amount_received: 1,
    currency: 'usd',
    metadata: { booking_id: '00000000-0000-4000-8000-000000000000' },
    payment_method: 'pm_1',
    ...more,
  }
  return { id: 'evt_1', object: 'event', created, type: 'payment_intent.succeeded', data: { object } }
}

function fromKafka(topic: string, value: object): unknown {
  const at = { id: 1n, partition: 0, offset: '1', sentAt: new Date(), receivedAt: new Date(), attempts: 0 }
  return PAYMENT_READERS[topic]?.({ ...at, topic, key: null, value: Buffer.from(JSON.stringify(value)), headers: {} })
}

const DOORS: readonly (readonly [name: string, ask: (text: string) => unknown])[] = [
  ['Stripe’s intent', (text) => fromStripe(intentEvent(text))],
  ['Stripe’s method', (text) => fromStripe(intentEvent('pi_1', { payment_method: text }))],
  ['payment.success', (text) => fromKafka('payment.success', { eventId: text, payload: { bookingId: 'b' } })],
  [
    'payment.failed',
    (text) => fromKafka('payment.failed', { eventId: 'e', payload: { bookingId: 'b', reason: text } }),
  ],
  [
    'payment.status_changed',
    (text) =>
      fromKafka('payment.status_changed', {
        payment_id: text,
        new_status: 'failed',
        changed_at: '2026-01-01T00:00:00Z',
      }),
  ],
  [
    'PaymentSucceeded',
    (text) =>
      fromKafka('PaymentSucceeded', {
        event_id: 'e',
        booking_id: 'b',
        payment_id: text,
        occurred_at: '2026-01-01T00:00:00',
      }),
  ],
]

describe.each(DOORS)('N-54 one rule for text, decided after parsing: %s', (_, ask) => {
  test.each(TEXTS)('%s', (_name, text, isGood) => {
    expect(isText(text)).toBe(isGood)
    expect(outcomeOf(() => ask(text))).toBe(isGood ? 'taken' : 'refused')
  })
})

test('N-54 what nobody keeps of an event of Stripe’s is not judged', () => {
  expect(outcomeOf(() => fromStripe(intentEvent('pi_1', { description: '\ud83d' })))).toBe('taken')
})

describe('N-59 a payment fact', () => {
  const DAY = 86_400
  test.each<[string, () => number, string]>([
    ['an hour ahead', () => now() + 3600, 'taken'],
    ['two days ahead', () => now() + 2 * DAY, 'refused'],
    ['of 2199', () => 7_226_582_400, 'refused'],
    ['of 1970', () => 0, 'refused'],
    ['beyond all calendars', () => 8_640_000_000_001, 'refused'],
  ])('that is dated %s is %s … at Stripe’s door and Kafka’s', (_, at, outcome) => {
    expect(outcomeOf(() => fromStripe(intentEvent('pi_1', {}, at())))).toBe(outcome)
    if (at() > 8_640_000_000_000) return
    const occurred_at = new Date(at() * 1000).toISOString()
    const news = { event_id: 'e', booking_id: 'b', payment_id: 'p', occurred_at }
    expect(outcomeOf(() => fromKafka('PaymentSucceeded', news))).toBe(outcome)
  })

  test.each(['9999-12-31T23:59:59-14:00', '0001-01-01T00:00:00+14:00', '2026-02-30T00:00:00Z'])(
    'at the end of the calendar is refused and no fault of ours: %s',
    (occurred_at) => {
      const news = { event_id: 'e', booking_id: 'b', payment_id: 'p', occurred_at }
      expect(outcomeOf(() => fromKafka('PaymentSucceeded', news))).toBe('refused')
    },
  )
})

describe('N-54 what is wrong with the texts of a body', () => {
  test('is said by pointer, and a name against the rule is not repeated', () => {
    const body = JSON.parse('{"a":{"b/c":["ok","\\u0000"]},"x\\u0000":1,"y":"\\ud800"}') as unknown
    expect(
      faultyTexts(body)
        .map(({ pointer }) => pointer)
        .toSorted(),
    ).toEqual(['/', '/a/b~1c/1', '/y'])
  })

  test('is found however deep, and depth has an end', () => {
    expect(faultyTexts(JSON.parse(`${'['.repeat(60)}"\\u0000"${']'.repeat(60)}`))).toHaveLength(1)
    expect(faultyTexts(JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`))[0]?.message).toContain('nested')
  })

  test('is nothing in whatever JSON has no such text, and something in all that has', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const texts: string[] = []
        const plain = JSON.stringify(value, (name, each: unknown) => {
          texts.push(name)
          if (typeof each === 'string') texts.push(each)
          return each
        })
        expect(faultyTexts(JSON.parse(plain)).length > 0).toBe(!texts.every(isText))
      }),
    )
  })
})

test.each([
  ['Ada L.', true, true],
  [' Ada', true, false],
  ['a\u200bb', true, false],
  ['cafe\u0301', true, false],
  ['a\nb', false, false],
  ['a\u2028b', false, false],
  ['', false, false],
])('N-59 %j is a line: %s, and no other one’s by sight: %s', (text, line, plain) => {
  expect([isLine(text), isPlainLine(text)]).toEqual([line, plain])
})
