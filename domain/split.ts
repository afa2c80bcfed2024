import { allocate, money, type Money } from './money.ts'
import type { Price, PriceLine } from './price.ts'

/** What one line of a price comes to with its part of fees and tax, in minor units: `total` is what cancelling it is about. */
export type Share = {
  readonly itemId: string
  readonly amount: number
  readonly fees: number
  readonly tax: number
  readonly total: number
}

/**
 * The split of a price over its lines (H-12): fees and tax go by the lines' amounts and largest remainder, to the cent; the shares and what was
 * kept add up to the total. It follows from the price as it was agreed, and lines that have been told apart keep their part for good.
 */
export function sharesOf(price: Price): Share[] {
  const { currency, lines, fees, tax, kept = 0 } = price
  if (lines.length === 0) return []
  const weights = lines.map(({ amount }) => amount)
  const feesOf = allocate(money(fees - kept, currency), weights)
  const taxOf = allocate(money(tax, currency), weights)
  return lines.map((line, index) => {
    const own = { fees: line.fees ?? feesOf[index]!.amount, tax: line.tax ?? taxOf[index]!.amount }
    return { itemId: line.itemId, amount: line.amount, ...own, total: line.amount + own.fees + own.tax }
  })
}

/** What cancelling these items is about, in the price's currency. */
export function sharesTogether(price: Price, itemIds: readonly string[]): Money {
  const shares = sharesOf(price).filter(({ itemId }) => itemIds.includes(itemId))
  return money(
    shares.reduce((whole, { total }) => whole + total, 0),
    price.currency,
  )
}

/** The price without some of its items, of which `keep` minor units are kept as a fee. Nobody else's share changes. */
export function withoutItems(price: Price, itemIds: readonly string[], keep: number): Price {
  const kept = (price.kept ?? 0) + keep
  const shareOf = new Map(sharesOf(price).map((share) => [share.itemId, share]))
  const lines = price.lines
    .filter(({ itemId }) => !itemIds.includes(itemId))
    .map((line): PriceLine => {
      const { fees, tax } = shareOf.get(line.itemId)!
      return { ...line, fees, tax }
    })
  const sum = (part: 'amount' | 'fees' | 'tax') => lines.reduce((whole, line) => whole + (line[part] ?? 0), 0)
  const rest = withForfeited(price, forfeitedOf(price) - forfeitedOf(price, itemIds))
  return withKept({ ...rest, lines, subtotal: sum('amount'), fees: sum('fees'), tax: sum('tax') }, kept)
}

/** A price as a service gave it, and what is kept of the one before it as a fee besides. */
export function withKept({ kept: _none, ...price }: Price, kept: number): Price {
  const fees = price.fees + kept
  return { ...price, fees, total: price.subtotal + fees + price.tax, ...(kept > 0 && { kept }) }
}

/** A price of which so much was forfeited. */
export function withForfeited({ forfeited: _none, ...price }: Price, forfeited: number): Price {
  return forfeited > 0 ? { ...price, forfeited } : price
}

/** What was forfeited of a price, or of some of its items: they share it as they share the price. */
export function forfeitedOf(price: Price, itemIds: readonly string[] | null = null): number {
  const forfeited = Math.min(price.forfeited ?? 0, refundable(price))
  const shares = sharesOf(price)
  if (forfeited === 0 || itemIds === null || shares.length === 0) return forfeited
  const amounts = allocate(
    money(forfeited, price.currency),
    shares.map(({ total }) => total),
  )
  return amounts.reduce((sum, { amount }, index) => (itemIds.includes(shares[index]!.itemId) ? sum + amount : sum), 0)
}

/** What of a price can come back at all. */
export function refundable({ total, kept = 0 }: Price): number {
  return total - kept
}

/** The same things for less: what is not kept already is scaled, lines and fees and tax alike, to the cent. */
export function reducedTo(price: Price, total: number): Price {
  const { currency, kept = 0 } = price
  const scaled = (whole: number, weights: readonly number[]) =>
    weights.some((weight) => weight > 0)
      ? allocate(money(whole, currency), weights).map(({ amount }) => amount)
      : weights
  const [subtotal = 0, fees = 0, tax = 0] = scaled(total - kept, [price.subtotal, price.fees - kept, price.tax])
  const amounts = scaled(
    subtotal,
    price.lines.map(({ amount }) => amount),
  )
  const lines = price.lines.map(({ itemId, unitPrice }, index) => ({ itemId, unitPrice, amount: amounts[index]! }))
  return withKept({ ...price, lines, subtotal, fees, tax }, kept)
}
