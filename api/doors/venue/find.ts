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

type Found = { readonly item: Item; readonly answer: Answer; readonly minutes: number }

/** What a venue has for a party at a time: the first of its offerings that is free then, or the first at all with what stands in its way. */
export async function findTable(c: DoorContext, wanted: Wanted): Promise<Found> {
  return choose(c, wanted, await itemsAt(c, wanted))
}

/** The same to be booked: where a venue has one offering there is no choice, and whether it is free is seen when it is booked. */
export async function findItem(c: DoorContext, wanted: Wanted): Promise<Item> {
  const items = await itemsAt(c, wanted)
  return items.length === 1 ? items[0]! : (await choose(c, wanted, items)).item
}

/** What is wanted as an item of each of the venue's offerings. */
async function itemsAt(c: DoorContext, wanted: Wanted): Promise<Item[]> {
  const path = `/offerings?profile=venue&venue_id=${segment(wanted.venue_id)}&limit=100`
  const { offerings } = await asked<{ offerings: OfferingOnSale[] }>(c, 'GET', path)
  if (offerings.length === 0) throw new DoorRefusal(404, { detail: `Venue ${wanted.venue_id} not found` })
  return offerings.map((offering) => timed(wanted, offering))
}

async function choose(c: DoorContext, wanted: Wanted, items: readonly Item[]): Promise<Found> {
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
