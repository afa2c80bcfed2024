import type { Fault } from '../domain/failures.ts'
import type { Instant } from '../domain/time.ts'
import type { Database } from '../prisma/client.ts'
import { timeZonesOf } from '../prisma/time-zones.ts'
import { invalid } from './problems.ts'
import { momentOf, type Given } from './wall-time.ts'

/** An item whose times may be given by the clock. */
type TimedItem = {
  readonly offering_id: string
  readonly start?: Instant | undefined
  readonly start_local?: string | undefined
  readonly start_offset?: string | undefined
  readonly end?: Instant | undefined
  readonly end_local?: string | undefined
  readonly end_offset?: string | undefined
}

/**
 * A request whose items have instants for start and end, whichever way they were given; local times are read in the zone of each item's
 * offering. Throws `validation_failed` with a pointer per fault.
 */
export async function inInstants<Body extends { readonly items: readonly TimedItem[] }>(
  database: Database,
  body: Body,
): Promise<Body> {
  const isLocal = (item: TimedItem) =>
    [item.start_local, item.start_offset, item.end_local, item.end_offset].some((text) => text !== undefined)
  const zones = await timeZonesOf(
    database,
    body.items.filter(isLocal).map((item) => item.offering_id),
  )
  const faults: Fault[] = []
  const items = body.items.map((item, index) => {
    const zone = zones.get(item.offering_id)
    // Of an offering that is not there, that is all there is to say; somebody else says it.
    if (zone === undefined || !isLocal(item)) return item
    const start = momentOf(
      { at: item.start, local: item.start_local, offset: item.start_offset },
      zone,
      `/items/${index}/start`,
    )
    const end = momentOf({ at: item.end, local: item.end_local, offset: item.end_offset }, zone, `/items/${index}/end`)
    for (const each of [start, end]) if ('fault' in each) faults.push(each.fault)
    return {
      ...item,
      ...('instant' in start && start.instant !== undefined && { start: start.instant }),
      ...('instant' in end && end.instant !== undefined && { end: end.instant }),
    }
  })
  if (faults.length > 0) throw invalid(...faults)
  return { ...body, items }
}

/** The instant of a moment. Throws `validation_failed` for one that is not, `undefined` when none is given. */
export function instantIn(given: Given, timeZone: string, pointer: string): Instant | undefined {
  const moment = momentOf(given, timeZone, pointer)
  if ('fault' in moment) throw invalid(moment.fault)
  return moment.instant
}
