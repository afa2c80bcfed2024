import type { UnitKind } from '../domain/booking.ts'
import { Refused, type Fault } from '../domain/failures.ts'
import { mechanismOf, type Offering } from '../domain/offering.ts'
import { placeInRequest, type OrderItem } from '../domain/order.ts'
import { termsApart } from '../domain/policy.ts'
import { epochOf, isRange, overlaps, plusSeconds, withBuffer, type Instant, type TimeRange } from '../domain/time.ts'
import type { ItemFound } from '../prisma/item-lookup.ts'
import type { Profile } from '../profiles/profile.ts'
import type { OrderBody } from './schemas/order.ts'
import { nightsBetween } from './wall-time.ts'

type ItemBody = OrderBody['items'][number]

/** Finds an item's unit, time and list price, or says what is wrong with it. */
export function placeItem(
  body: ItemBody,
  { offering, unit: named, kinds, anyUnits, pricedByUnit }: ItemFound,
  profile: Profile,
  index: number,
  now: Instant,
): { items: OrderItem[]; offering: Offering } | { faults: Fault[] } {
  const fault = (field: string, message: string) => {
    const isLocal =
      (field === 'start' && body.start_local !== undefined) || (field === 'end' && body.end_local !== undefined)
    return { faults: [{ pointer: `/items/${index}/${field}${isLocal ? '_local' : ''}`, message }] }
  }
  if (offering === null) return fault('offering_id', 'there is no such offering')
  if (offering.profile !== profile.name) return fault('offering_id', `belongs to the profile ${offering.profile}`)
  // Local times are instants by now (local-times.ts); where a request leaves that out, they are refused rather than passed over.
  for (const field of ['start', 'end'] as const) {
    if (body[`${field}_local`] !== undefined && body[field] === undefined) return fault(field, 'is not read here')
  }
  if (body.unit_id !== undefined && named === null) return fault('unit_id', 'the offering has no such unit')
  const kind = named?.kind ?? (kinds.length === 1 ? kinds[0] : undefined)
  if (kind === undefined) {
    return fault(
      'unit_id',
      kinds.length === 0 ? 'the offering has no units yet' : 'name one: the offering has several kinds',
    )
  }
  const quantity = body.quantity ?? 1
  const isAnySeat = named === null && mechanismOf(kind) === 'unique'
  if (quantity > 1 && mechanismOf(kind) !== 'counter' && !isAnySeat)
    return fault('quantity', `is 1 for a ${kind}: name each in an item of its own`)
  for (const field of ['adjacent', 'section'] as const) {
    if (body[field] !== undefined && !isAnySeat) return fault(field, 'is for seats that are not named')
  }
  // Which seat it will be is not known yet; when it is, and that it is a seat, is.
  const unit = named ?? (isAnySeat ? (anyUnits[0] ?? null) : null)

  const time = timeOf(body, offering, kind, unit)
  if (typeof time === 'string') return fault(time.startsWith('end') ? 'end' : 'start', time)
  const length = lengthFault(time, kind, profile)
  if (length !== null) return fault('end', length)
  if (time !== null && time.start <= now) return fault('start', 'is not in the future')

  const policy = { ...profile.policy, ...offering.policy }
  const id = String(index + 1)
  const choose = choiceOf(body, id, { isAnySeat, isOpen: named === null && pricedByUnit })
  const copies = isAnySeat ? quantity : 1
  return {
    offering,
    // Seats are had one by one: each is an item, to be given back by itself (X-08).
    items: Array.from({ length: copies }, (_, copy) => ({
      id: copy === 0 ? id : `${id}.${copy + 1}`,
      offeringId: offering.id,
      unitId: body.unit_id ?? null,
      kind,
      quantity: isAnySeat ? 1 : quantity,
      start: time?.start ?? null,
      end: time?.end ?? null,
      occupied:
        time !== null && mechanismOf(kind) === 'range'
          ? withBuffer(time, policy.bufferBeforeMinutes, policy.bufferAfterMinutes)
          : null,
      listPrice: unit?.price ?? offering.price.amount,
      priceUnit: offering.priceUnit,
      ...(offering.priceUnit === 'night' && time !== null && { nights: nightsBetween(time, offering.timeZone) }),
      ...(choose !== undefined && { choose }),
    })),
  }
}

function choiceOf(
  { adjacent = false, section }: ItemBody,
  group: string,
  { isAnySeat, isOpen }: { isAnySeat: boolean; isOpen: boolean },
): OrderItem['choose'] {
  if (isAnySeat) return { group, adjacent, section: section ?? null }
  return isOpen ? 'any' : undefined
}

/** An item's time: its own for what is had for a time, the unit's for seats and slots; a sentence when it is missing or wrong. */
function timeOf(
  body: ItemBody,
  offering: Offering,
  kind: UnitKind,
  unit: ItemFound['unit'],
): TimeRange | null | string {
  if (mechanismOf(kind) === 'range') {
    if (body.start === undefined) return 'start is needed: when?'
    const end =
      body.end ??
      (offering.durationMinutes === null ? undefined : plusSeconds(body.start, 60 * offering.durationMinutes))
    if (end === undefined) return 'end is needed: until when?'
    return isRange({ start: body.start, end }) ? { start: body.start, end } : 'end is not after the start'
  }
  if (unit === null) {
    if (kind === 'slot' && body.start === undefined) return 'start or unit_id is needed: which slot?'
    if (kind !== 'slot') return null
    return { start: body.start!, end: plusSeconds(body.start!, 60 * (offering.durationMinutes ?? 0)) }
  }
  if (body.start !== undefined && body.start !== unit.start) return 'start is not the unit’s own'
  if (body.end !== undefined && body.end !== unit.end) return 'end is not the unit’s own'
  return unit.start === null ? null : { start: unit.start, end: unit.end ?? unit.start }
}

function lengthFault(time: TimeRange | null, kind: UnitKind, { shape }: Profile): string | null {
  if (time === null || shape.minutes === null || mechanismOf(kind) !== 'range') return null
  const minutes = (epochOf(time.end) - epochOf(time.start)) / 60_000
  if (minutes >= shape.minutes.min && minutes <= shape.minutes.max) return null
  return `is ${shape.minutes.min} to ${shape.minutes.max} minutes after the start`
}

/** Faults that only the items together have. */
export function faultsAcross(items: readonly OrderItem[], offerings: readonly Offering[], profile: Profile): Fault[] {
  const faults: Fault[] = []
  const seen = new Set<string>()
  for (const [index, item] of items.entries()) {
    const name = `${item.offeringId} ${item.unitId}`
    if (item.unitId !== null && seen.has(name)) {
      faults.push({ pointer: `/items/${placeInRequest(items, index)}/unit_id`, message: 'is in the order twice' })
    }
    seen.add(name)
  }
  if (items.length > profile.shape.maxItems) {
    faults.push({ pointer: '/items', message: `are more than ${profile.shape.maxItems}, each seat being one` })
  }
  const currencies = new Set(offerings.map(({ price }) => price.currency))
  if (currencies.size > 1)
    faults.push({
      pointer: '/items',
      message: `are priced in ${[...currencies].join(' and ')}: one booking, one currency`,
    })
  faults.push(...faultsOfTerms(items, offerings, profile))
  for (const currency of currencies) {
    if (profile.currencies !== null && !profile.currencies.includes(currency)) {
      faults.push({
        pointer: '/items',
        message: `are priced in ${currency}; ${profile.name} sells in ${profile.currencies.join(', ')}`,
      })
    }
  }
  return faults
}

/** One booking has one set of terms: what is sold by others is ordered by itself (N-82). */
function faultsOfTerms(
  items: readonly OrderItem[],
  [first, ...others]: readonly Offering[],
  profile: Profile,
): Fault[] {
  return others.flatMap((offering) => {
    const rules = termsApart({ ...profile.policy, ...first?.policy }, { ...profile.policy, ...offering.policy })
    if (rules.length === 0) return []
    const index = items.findIndex(({ offeringId }) => offeringId === offering.id)
    const names = rules.map((rule) => rule.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)).join(', ')
    const message = `is sold by other terms than ${first?.id} (${names}): order it by itself`
    return [{ pointer: `/items/${placeInRequest(items, index)}/offering_id`, message }]
  })
}

/** What could be booked, but not now (C-01, E-03). */
export function refuseNow(item: OrderItem, offering: Offering, profile: Profile, index: number, now: Instant): void {
  const time = item.start === null ? null : { start: item.start, end: item.end ?? item.start }
  const message = closedBecause(time, offering, profile, now)
  if (message !== null) throw new Refused({ code: 'policy_forbids', message, details: { pointer: `/items/${index}` } })
}

/** Why an offering cannot be had at a time (null: at any), although it exists; null when it can. */
export function closedBecause(
  time: TimeRange | null,
  offering: Offering,
  profile: Profile,
  now: Instant,
): string | null {
  const { name, isAvailable, onSaleFrom, onSaleUntil } = offering
  const policy = { ...profile.policy, ...offering.policy }
  if (!isAvailable) return `${name} is not available.`
  if (onSaleFrom !== null && now < onSaleFrom) return `${name} is on sale from ${onSaleFrom}.`
  if (onSaleUntil !== null && now >= onSaleUntil) return `${name} was on sale until ${onSaleUntil}.`
  if (time === null) return null
  if (time.start < plusSeconds(now, 60 * policy.minNoticeMinutes)) {
    return `${name} is booked at least ${policy.minNoticeMinutes} minutes ahead.`
  }
  if (policy.maxLeadDays !== null && time.start > plusSeconds(now, 86_400 * policy.maxLeadDays)) {
    return `${name} is booked at most ${policy.maxLeadDays} days ahead.`
  }
  const exception = offering.availabilityExceptions.find((other) => overlaps(time, other))
  if (exception === undefined) return null
  return `${name} is closed then${exception.reason === null ? '' : `: ${exception.reason}`}.`
}
