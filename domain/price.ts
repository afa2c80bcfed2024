import { isCurrency } from './currencies.ts'
import { sum, times, type Money } from './money.ts'
import { epochOf, type TimeRange } from './time.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

export const PRICE_UNITS = ['each', 'hour', 'night', 'person'] as const
/** What one `unit_price` buys. */
export type PriceUnit = (typeof PRICE_UNITS)[number]

/** A line to be priced: a list price and what it is multiplied by. */
export type PriceQuestion = {
  readonly itemId: string
  readonly unitPrice: Money
  readonly priceUnit: PriceUnit
  readonly quantity: number
  readonly range: TimeRange | null
  /** On the calendar of the place: whoever knows the zone counts them. Without them they are counted in UTC. */
  readonly nights?: number
  readonly partySize: number | null
}

/** A priced line: `amount` is final, in minor units of the price's currency. */
export type PriceLine = {
  readonly itemId: string
  readonly unitPrice: number
  readonly amount: number
  /** The line's part of the price's fees and tax, once it has been told apart (domain/split.ts); absent: by largest remainder. */
  readonly fees?: number
  readonly tax?: number
}

/**
 * A price as it was agreed: fixed at the hold, never worked out again (H-12, H-16). `subtotal` is the sum of the lines and
 * `subtotal + fees + tax = total`; all are minor units of `currency`.
 */
export type Price = {
  readonly currency: string
  readonly lines: readonly PriceLine[]
  readonly subtotal: number
  readonly fees: number
  readonly tax: number
  readonly total: number
  readonly quoteId: string | null
  /** How much of the fees was kept of cancelled items and of changes for less: it belongs to no line, and never comes back. */
  readonly kept?: number
  /** How much of it was forfeited when the booking was moved (N-83): it does not come back by the new date, unless the other side cancels. */
  readonly forfeited?: number
}

/** What a line costs: list price × what the unit counts × quantity, rounded half up once (T-03). */
export function lineAmount(question: PriceQuestion): Money {
  const { unitPrice, priceUnit, quantity } = question
  switch (priceUnit) {
    case 'each':
      return times(unitPrice, quantity)
    case 'person':
      return times(unitPrice, quantity * (question.partySize ?? 1))
    case 'hour':
      return times(unitPrice, lengthOf(question) * quantity, HOUR_MS)
    case 'night':
      return times(unitPrice, nights(question) * quantity)
  }
}

/** Adds lines up to a price without fees or tax. Throws a RangeError when lines are in different currencies. */
export function priceOf(questions: readonly PriceQuestion[], currency: string): Price {
  const amounts = questions.map(lineAmount)
  const subtotal = sum(amounts, currency)
  return {
    currency,
    lines: questions.map((question, index) => ({
      itemId: question.itemId,
      unitPrice: question.unitPrice.amount,
      amount: amounts[index]!.amount,
    })),
    subtotal: subtotal.amount,
    fees: 0,
    tax: 0,
    total: subtotal.amount,
    quoteId: null,
  }
}

/**
 * Is everything in a price money, and do the parts add up, line by line and in total? What another service quotes is checked before it is
 * believed.
 */
export function addsUp({ currency, lines, subtotal, fees, tax, total }: Price): boolean {
  const amounts = [subtotal, fees, tax, total, ...lines.flatMap(({ unitPrice, amount }) => [unitPrice, amount])]
  if (!isCurrency(currency) || !amounts.every((amount) => Number.isSafeInteger(amount) && amount >= 0)) return false
  return lines.reduce((whole, { amount }) => whole + amount, 0) === subtotal && subtotal + fees + tax === total
}

/** In milliseconds: the finest that an instant can be, so that nothing is rounded but the amount. */
function lengthOf(question: PriceQuestion): number {
  if (question.range === null) throw new RangeError('a price per hour needs a start and an end')
  return epochOf(question.range.end) - epochOf(question.range.start)
}

/** The nights of the place, or calendar days between the two instants in UTC, as orders of before they were counted have it; at least one. */
function nights(question: PriceQuestion): number {
  if (question.nights !== undefined) return Math.max(1, question.nights)
  if (question.range === null) throw new RangeError('a price per night needs a start and an end')
  const day = (instant: string) => Math.floor(epochOf(instant) / DAY_MS)
  return Math.max(1, day(question.range.end) - day(question.range.start))
}
