import { sleep } from '@temporalio/workflow'
import type { Booking } from '../domain/booking.ts'
import { refusalOf, type ChangeRequest, type Command } from '../domain/commands.ts'
import type { Order } from '../domain/order.ts'
import { durably, hold, TRANSACTION_IS_OVER } from './activities.ts'
import { now } from './clock.ts'
import { failureOf, isRefusal, refusal } from './failures.ts'

type UnitsCommand = Command & { readonly type: 'change'; readonly change: ChangeRequest & { readonly order: Order } }

/** Does this command need units that have to be priced and held first? Other notes do not. */
export function asksForUnits(command: Command): command is UnitsCommand {
  return command.type === 'change' && command.change.order !== null
}

/**
 * Prices and holds what a booking is to be, and writes what follows: the swap, or the change that waits for its supplement (H-11). Answers with
 * the booking as it then stands; null when PostgreSQL is ahead of us: reload, and decide the command again. Throws the refusal, and then
 * nothing was changed. When it cannot be told whether it was done, the database is asked.
 */
export async function changeUnits(before: Booking, command: UnitsCommand): Promise<Booking | null> {
  const at = now()
  const no = refusalOf(before, command, at)
  if (no !== null) throw refusal(no)
  const { change, by, reason } = command
  if (change.id === before.lastChange) return before
  const { order, ...asked } = change
  try {
    const answer = await hold({ order, at, change: { before, asked: { ...asked, by, reason } } })
    return 'existing' in answer ? answer.existing : before
  } catch (error) {
    if (failureOf(error)?.type === 'another_writer') return null
    if (isRefusal(error) && failureOf(error)?.type !== 'unavailable') throw error
    if (failureOf(error)?.type !== 'unavailable')
      await sleep(TRANSACTION_IS_OVER, { summary: 'the change’s transaction is over, one way or the other' })
    const known = await durably.load(before.id)
    if (known?.lastChange === change.id) return known
    // When it happened tells the API whether the answer is for this request or for an earlier one under the same key.
    const message = 'The change could not be made now; the booking stands as it was. Try again.'
    throw refusal({ code: 'unavailable', message, details: { at } })
  }
}
