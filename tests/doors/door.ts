import type { Outside } from '../support/world.ts'

export type DoorName = 'tutoring' | 'clinic' | 'ticketing' | 'venue' | 'course'

/** A message as a reader of a topic has it: the value is the text that was sent. */
export type Message = { readonly key: string; readonly type: string; readonly value: string }

/**
 * One door, and what its document leaves to others: tokens, payments, what is sold, and the other end of the topics. `npm test` puts a world of its own
 * behind it, without a broker; `npm run test:long` what `npm start -- --doors --kafka` runs.
 */
export type Door = Outside & {
  readonly name: DoorName
  /** The base URL that a client is given; for courses host and port. */
  readonly url: string
  /** Every message of this door's profile that has been written so far, in order. */
  told(): Promise<Message[]>
  /** Another service's message on a topic. `outcome`: what the consumers make of it, where they can be asked. */
  tell(topic: string, value: object, outcome: string): Promise<void>
  close(): Promise<void>
}

/** What left for the stream about a booking, in order: event type and payload, as readers of its topics get them. */
export async function toldOf(door: Door, bookingId: string): Promise<{ type: string; payload: unknown }[]> {
  const own = (await door.told()).filter(({ key }) => key === bookingId)
  return own.map(({ type, value }) => ({ type, payload: JSON.parse(value) as unknown }))
}
