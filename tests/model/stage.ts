import type { ProfileName } from '../../profiles/profile.ts'
import { inDays, offerCourse, offerSeats, offerSlots, offerTables, offerTutor, type Offer } from '../support/offers.ts'
import type { World } from '../support/world.ts'

/** A few units of every line of business, too few for all who want them. */
export type Stage = {
  /** What a customer orders, by a number that picks among the possible orders. */
  order(profile: ProfileName, choice: number): Record<string, unknown>
  /** Units that an operator may block, of the profile. */
  unit(profile: ProfileName, choice: number): { readonly offeringId: string; readonly unitId: string }
}

/** Loads what is for sale. Each stage has offerings of its own. */
export async function setStage(world: World): Promise<Stage> {
  const event = await offerSeats(world, 3)
  const slots = await offerSlots(world, { capacity: 2, slots: 2 })
  const approved = await offerSlots(world, { capacity: 2, more: { requires_approval: true } })
  const tutor = await offerTutor(world)
  const tables = await offerTables(world, [2, 4])
  const [few, many] = [await offerCourse(world, 2), await offerCourse(world)]
  const offers: Record<ProfileName, readonly Offer[]> = {
    ticketing: [event],
    clinic: [slots, approved],
    tutoring: [tutor],
    venue: [tables],
    course: [few, many],
  }

  const items = (offer: Offer, units: readonly number[]) =>
    units.map((unit) => ({ offering_id: offer.offeringId, unit_id: offer.unitIds[unit % offer.unitIds.length] }))
  const orders: Record<ProfileName, (choice: number) => Record<string, unknown>> = {
    ticketing: (choice) => event.order({ items: items(event, choice < 3 ? [choice] : [choice, choice + 1]) }),
    clinic: (choice) => (choice === 5 ? approved.order() : slots.order({ items: items(slots, [choice]) })),
    tutoring: (choice) => {
      const [start, end] = [inDays(7, choice % 3), inDays(7, (choice % 3) + 1)]
      return tutor.order({ items: [{ offering_id: tutor.offeringId, start, end }] })
    },
    venue: (choice) => {
      const start = inDays(7, choice % 3)
      return tables.order({ party_size: 1 + (choice % 4), items: [{ offering_id: tables.offeringId, start }] })
    },
    course: (choice) => {
      const wanted = [[few], [many], [few, many]][choice % 3]!
      return few.order({ items: wanted.map(({ offeringId }) => ({ offering_id: offeringId })) })
    },
  }
  return {
    order: (profile, choice) => orders[profile](choice),
    unit: (profile, choice) => {
      const offer = offers[profile][choice % offers[profile].length]!
      return { offeringId: offer.offeringId, unitId: offer.unitIds[choice % offer.unitIds.length]! }
    },
  }
}
