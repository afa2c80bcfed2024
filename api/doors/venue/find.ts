import { momentOf } from '../../wall-time.ts'
import type { OfferingOnSale } from '../../routes/catalogue.ts'
import { segment } from '../ask.ts'
import { asked, DoorRefusal, type DoorContext } from '../door.ts'
import type { Wanted } from './schemas.ts'

type Item = { readonly offering_id: string; readonly start: string; readonly end: string }

type Answer = {
  readonly available: boolean
  readonly conflicts: readonly Record<string, unknown>[]
  readonly price: { readonly amount: number; readonly currency: string } | null
}

/** What a venue has for a party at a time: the first of its offerings that is free then, or the first at all with what stands in its way. */
export async function findTable(
  c: DoorContext,
  wanted: Wanted,
): Promise<{ readonly item: Item; readonly answer: Answer; readonly minutes: number }> {
  const { offerings } = await asked<{ offerings: OfferingOnSale[] }>(
    c,
    'GET',
    `/offerings?profile=venue&venue_id=${segment(wanted.venue_id)}&limit=100`,
  )
  if (offerings.length === 0) throw new DoorRefusal(404, { detail: `Venue ${wanted.venue_id} not found` })
  const items = offerings.map((offering) => timed(wanted, offering))
  const questions = items.map((item) => ({ ...item, party_size: wanted.party_size }))
  const { items: answers } = await asked<{ items: Answer[] }>(c, 'POST', '/bookings/availability/check', {
    items: questions,
  })
  const best = Math.max(
    answers.findIndex(({ available }) => available),
    0,
  )
  const item = items[best]!
  return { item, answer: answers[best]!, minutes: (Date.parse(item.end) - Date.parse(item.start)) / 60_000 }
}

/** A date, time and length as an item of one offering. */
export async function itemOf(c: DoorContext, place: Partial<Wanted>, offeringId: string): Promise<Item> {
  const offering = await asked<OfferingOnSale>(c, 'GET', `/offerings/${segment(offeringId)}`)
  return timed(place, offering)
}

function timed(
  { booking_date, booking_time, duration_minutes }: Partial<Wanted>,
  { id, time_zone, duration_minutes: usual }: OfferingOnSale,
): Item {
  const local = `${booking_date}T${booking_time}`
  const moment = wallTimeAt(local, time_zone)
  const minutes = duration_minutes ?? usual
  if (minutes == null)
    throw new DoorRefusal(400, { detail: 'duration_minutes is needed: the venue has no usual length' })
  return { offering_id: id, start: moment, end: new Date(Date.parse(moment) + minutes * 60_000).toISOString() }
}

function wallTimeAt(local: string, timeZone: string): string {
  try {
    const read = momentOf({ at: undefined, local, offset: undefined }, timeZone, '')
    if ('instant' in read && read.instant !== undefined) return read.instant
    throw new DoorRefusal(400, {
      detail: 'fault' in read ? `booking_time ${read.fault.message}` : 'booking_time is needed',
    })
  } catch (error) {
    if (error instanceof RangeError) throw new DoorRefusal(422, { detail: `${local} is not a date and a time` })
    throw error
  }
}
