import { Refused } from '../domain/failures.ts'
import { mechanismOf, type Offering, type Unit } from '../domain/offering.ts'
import type { Instant } from '../domain/time.ts'
import type { UnitsLoaded } from '../prisma/units-loaded.ts'
import { PROFILES } from '../profiles/index.ts'
import type { Profile, ProfileName } from '../profiles/profile.ts'
import type { Parts } from '../runtime/wire.ts'
import { invalid } from './problems.ts'

/** Why something that was loaded cannot be sold as it stands (N-05), or is sold in a way that nobody may have meant. */
export type Warning = { readonly code: string; readonly message: string }

/** Refuses what no order could ever buy, whatever is loaded besides. */
export function refuseUnsellable(offering: Offering, own: Pick<Unit, 'kind' | 'start'> | null): void {
  const { onSaleFrom, onSaleUntil } = offering
  if (onSaleFrom !== null && onSaleUntil !== null && onSaleUntil <= onSaleFrom) {
    throw invalid({ pointer: '/on_sale_until', message: 'is not after on_sale_from: it would never be on sale' })
  }
  const { minNoticeMinutes, maxLeadDays } = { ...PROFILES[offering.profile as ProfileName].policy, ...offering.policy }
  if (maxLeadDays !== null && minNoticeMinutes >= maxLeadDays * 24 * 60) {
    throw invalid({
      pointer: '/policy/min_notice_minutes',
      message: 'is longer than max_lead_days: nothing could be booked',
    })
  }
  if (own !== null && !canBePriced(offering, own)) {
    throw invalid({
      pointer: '/price_unit',
      message: `is ${offering.priceUnit}, and places of a course have no length`,
    })
  }
}

/** What is priced by the hour or the night needs a length: its own, or one that the order names. */
export function canBePriced({ priceUnit }: Pick<Offering, 'priceUnit'>, unit: Pick<Unit, 'kind' | 'start'>): boolean {
  if (priceUnit !== 'hour' && priceUnit !== 'night') return true
  return mechanismOf(unit.kind) === 'range' || unit.start !== null
}

/** Warnings for an offering as it now stands with its units. */
export async function warningsFor(
  parts: Pick<Parts, 'catalogue' | 'courses' | 'advisors'>,
  offering: Offering,
  loaded: UnitsLoaded,
  now: Instant,
): Promise<Warning[]> {
  const profile = PROFILES[offering.profile as ProfileName]
  return [
    ...ofUnits(offering, profile, loaded),
    ...ofOffering(offering, profile, loaded, now),
    ...(await elsewhere(parts, offering, loaded)),
  ]
}

function ofUnits(
  { id }: Offering,
  { ownUnit }: Profile,
  { units, blocked, over, full, kinds, unpriceable }: UnitsLoaded,
): Warning[] {
  if (units === 0) {
    const own = ownUnit === 'calendar' ? 'name its provider, or load units with' : 'load them with'
    return [
      {
        code: 'no_units',
        message: `It has no units yet, so nothing can be booked: ${own} PUT /offerings/${id}/units.`,
      },
    ]
  }
  const every = (count: number, code: string, message: string) => (count === units ? [{ code, message }] : [])
  return [
    ...every(blocked, 'all_blocked', 'Every unit is blocked.'),
    ...every(over, 'all_past', 'Every unit begins in the past.'),
    ...every(full, 'no_places', 'Every unit has the capacity 0.'),
    ...(unpriceable > 0
      ? [
          {
            code: 'no_length',
            message: `It is priced by time, and ${unpriceable} of its units have none: they cannot be sold.`,
          },
        ]
      : []),
    ...(kinds.length > 1
      ? [
          {
            code: 'several_kinds',
            message: `It has units of several kinds (${kinds.join(', ')}): an order has to name the unit.`,
          },
        ]
      : []),
  ]
}

function ofOffering(
  offering: Offering,
  { shape, name }: Profile,
  { units, priced }: UnitsLoaded,
  now: Instant,
): Warning[] {
  const { price, isAvailable, onSaleUntil, durationMinutes } = offering
  const warnings: Warning[] = []
  if (price.amount === 0 && priced < Math.max(units, 1)) {
    warnings.push({
      code: 'no_price',
      message: 'price.amount is 0: units without a price of their own are given away.',
    })
  }
  if (!isAvailable) warnings.push({ code: 'not_available', message: 'is_available is false: nothing can be booked.' })
  if (onSaleUntil !== null && onSaleUntil <= now) {
    warnings.push({ code: 'sale_over', message: `on_sale_until is ${onSaleUntil}, which has passed.` })
  }
  const { minutes } = shape
  if (
    durationMinutes !== null &&
    minutes !== null &&
    (durationMinutes < minutes.min || durationMinutes > minutes.max)
  ) {
    const message = `${name} is booked for ${minutes.min} to ${minutes.max} minutes: an order has to name its end.`
    warnings.push({ code: 'other_length', message })
  }
  return warnings
}

/** What an authority says of it: whoever does not know it will refuse to have it sold (E-03, O-03). */
async function elsewhere(
  { catalogue, courses, advisors }: Pick<Parts, 'catalogue' | 'courses' | 'advisors'>,
  offering: Offering,
  { kinds }: UnitsLoaded,
): Promise<Warning[]> {
  const { priceSource } = PROFILES[offering.profile as ProfileName]
  if (priceSource === 'event_catalogue' && catalogue !== null) {
    return asked('catalogue', advisors.includes('catalogue'), offering, async () => {
      const event = await catalogue.event(offering.id)
      return event === null ? null : { onSale: event.onSale, currency: event.currency }
    })
  }
  if (priceSource === 'course_service' && courses !== null && kinds.includes('enrolment')) {
    return asked('course service', advisors.includes('course'), offering, async () => {
      const course = await courses.course(offering.id)
      return course === null ? null : { onSale: course.onSale, currency: course.price.currency }
    })
  }
  return []
}

async function asked(
  service: string,
  isAdvisor: boolean,
  { price }: Offering,
  ask: () => Promise<{ onSale: boolean; currency: string } | null>,
): Promise<Warning[]> {
  try {
    const known = await ask()
    if (known === null) {
      const message = `The ${service} does not know it, and nothing is sold that it does not know.`
      return isAdvisor ? [] : [{ code: 'unknown_elsewhere', message }]
    }
    if (!known.onSale)
      return [{ code: 'not_on_sale_elsewhere', message: `The ${service} says that it is not on sale.` }]
    if (known.currency === price.currency) return []
    const message = `The ${service} prices it in ${known.currency}, the offering is in ${price.currency}.`
    return [{ code: 'other_currency', message }]
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return [
      { code: 'not_asked', message: `The ${service} does not answer, so nobody knows whether it lets this be sold.` },
    ]
  }
}
