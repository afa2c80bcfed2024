/** What one item is priced by. Instants in milliseconds, `unit_price` in minor units. */
interface Priced {
  unit_price: number
  quantity: number
  price_unit: 'each' | 'hour' | 'night' | 'person'
  start?: number | undefined
  end?: number | undefined
  nights?: number | undefined
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** A member without which the item has no price. */
type Missing = 'start' | 'end' | 'party_size'

/**
 * The amount of one item in minor units, exact, rounded half up once. Or the member that is missing: `hour` and `night`
 * need a start and a later end, `person` the size of the party.
 */
export function amountOf(item: Priced, partySize: number | undefined): bigint | Missing {
  const price = BigInt(item.unit_price) * BigInt(item.quantity)
  switch (item.price_unit) {
    case 'each':
      return price
    case 'person':
      return partySize === undefined ? 'party_size' : price * BigInt(partySize)
    case 'hour':
    case 'night': {
      const { start, end } = item
      if (start === undefined) return 'start'
      if (end === undefined || end <= start) return 'end'
      return item.price_unit === 'hour'
        ? divideHalfUp(price * BigInt(end - start), BigInt(HOUR_MS))
        : price * BigInt(item.nights ?? nights(start, end))
    }
  }
}

/** The difference of the UTC dates, at least one night. */
function nights(start: number, end: number): number {
  return Math.max(1, Math.floor(end / DAY_MS) - Math.floor(start / DAY_MS))
}

function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  return (2n * dividend + divisor) / (2n * divisor)
}
