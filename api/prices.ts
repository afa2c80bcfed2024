import { money, type Money } from '../domain/money.ts'
import type { Offering } from '../domain/offering.ts'
import { isRange, type TimeRange } from '../domain/time.ts'
import type { ItemFound, ItemQuestion } from '../prisma/item-lookup.ts'
import { profileNamed } from '../profiles/index.ts'
import type { Parts } from '../runtime/wire.ts'
import { nightsBetween } from './wall-time.ts'

/** An item somebody asks about, what is known of it, and the time it would be had for. */
export type Asked = { readonly question: ItemQuestion; readonly found: ItemFound; readonly time: TimeRange | null }

type PricingRequest = Parameters<Parts['pricing']['estimate']>[0]
type Group = Omit<PricingRequest, 'lines'> & { lines: PricingRequest['lines'][number][] }

/**
 * What each item would cost, by question id, in as few questions to the pricing service as there are profiles, currencies and sizes of a
 * party. What could not be priced at a booking either has no price here.
 */
export async function estimates(parts: Parts, questions: readonly Asked[]): Promise<Map<string, Money>> {
  const asked = questions.flatMap(eachUnit)
  const listPrices = await Promise.all(asked.map(listPriceSource(parts, asked)))
  const groups = new Map<string, Group>()
  for (const [index, { question, found, time }] of asked.entries()) {
    const { offering } = found
    const unitPrice = listPrices[index]
    if (offering === null || unitPrice === null || unitPrice === undefined) continue
    const { priceUnit } = offering
    const range = time !== null && isRange(time) ? time : null
    if (range === null && (priceUnit === 'hour' || priceUnit === 'night')) continue
    const { id: itemId, offeringId, unitId, quantity, partySize } = question
    if (partySize === null && priceUnit === 'person') continue
    const { profile } = offering
    const { currency } = unitPrice
    const key = JSON.stringify([profile, currency, partySize])
    const group = groups.get(key) ?? { profile, currency, partySize, lines: [] }
    groups.set(key, group)
    const line = { itemId, offeringId, unitId, unitPrice, priceUnit, quantity, range, partySize }
    const isByNight = priceUnit === 'night' && range !== null
    group.lines.push(isByNight ? { ...line, nights: nightsBetween(range, offering.timeZone) } : line)
  }
  const priced = await Promise.all([...groups.values()].map((group) => parts.pricing.estimate(group)))
  const estimated = new Map<string, Money>()
  for (const { currency, lines } of priced) {
    for (const { itemId, amount } of lines) {
      const [id = itemId] = itemId.split('.')
      estimated.set(id, money(amount + (estimated.get(id)?.amount ?? 0), currency))
    }
  }
  return estimated
}

/** Units that nobody named are priced as those that an order would get now. */
function eachUnit(asked: Asked): Asked[] {
  const { question, found } = asked
  if (question.unitId !== null || found.anyUnits.length === 0) return [asked]
  if (found.freeUnit === null) return []
  const isSeats = found.anyUnits[0]?.kind === 'seat'
  return found.anyUnits.map((unit, index) => ({
    ...asked,
    question: {
      ...question,
      id: `${question.id}.${index}`,
      unitId: unit.id,
      quantity: isSeats ? 1 : question.quantity,
    },
    found: { ...found, unit },
  }))
}

/** List prices from where each profile has them when it is booked; each event and tutor is asked for once. */
function listPriceSource(
  { catalogue, directory, courses, advisors }: Parts,
  asked: readonly Asked[],
): (item: Asked) => Promise<Money | null> {
  const seatsOf = (eventId: string) =>
    asked.flatMap(({ question }) => (question.offeringId === eventId ? (question.unitId ?? []) : []))
  // Null: nobody answers for the event, and what was loaded is its price (N-05).
  const seatPrices = remembered(async (eventId) => {
    if (catalogue === null) return null
    const prices = await catalogue.seatPrices(eventId, seatsOf(eventId))
    const isOurs = prices.size === 0 && advisors.includes('catalogue') && (await catalogue.event(eventId)) === null
    return isOurs ? null : prices
  })
  const tutors = remembered(async (id) => (await directory?.tutor(id)) ?? null)
  const coursesKnown = remembered(async (id) => (await courses?.course(id)) ?? null)
  return async ({ question, found: { offering, unit, kinds } }) => {
    if (offering === null) return null
    const offered = money(unit?.price ?? offering.price.amount, offering.price.currency)
    switch (profileNamed(offering.profile)?.priceSource) {
      case 'offering':
        return offered
      case 'tutor_rate': {
        const tutor = offering.provider === null ? null : await tutors(offering.provider.id)
        return inCurrencyOf(offering, tutor?.hourlyRate ?? offered)
      }
      case 'event_catalogue': {
        if (question.unitId === null) return null
        const prices = await seatPrices(offering.id)
        return inCurrencyOf(offering, prices === null ? offered : (prices.get(question.unitId) ?? null))
      }
      case 'course_service': {
        const isCourse = unit === null ? kinds.includes('enrolment') : unit.kind === 'enrolment'
        if (courses === null || !isCourse) return offered
        const course = await coursesKnown(offering.id)
        if (course === null && advisors.includes('course')) return offered
        return inCurrencyOf(offering, course?.onSale === true ? course.price : null)
      }
      case undefined:
        return null
    }
  }
}

function inCurrencyOf(offering: Offering, price: Money | null): Money | null {
  return price?.currency === offering.price.currency ? price : null
}

function remembered<Answer>(ask: (id: string) => Promise<Answer>): (id: string) => Promise<Answer> {
  const answers = new Map<string, Promise<Answer>>()
  return (id) => {
    const answer = answers.get(id) ?? ask(id)
    answers.set(id, answer)
    return answer
  }
}
