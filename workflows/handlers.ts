import { condition, currentUpdateInfo, setHandler } from '@temporalio/workflow'
import type { Booking } from '../domain/booking.ts'
import { refusalOf, type CommandType } from '../domain/commands.ts'
import { onPaymentEvent } from '../domain/decide.ts'
import { nextDeadline, waitingFor } from '../domain/deadlines.ts'
import { isNews } from '../domain/reconciliation.ts'
import type { Run } from './booking.ts'
import { now } from './clock.ts'
import {
  COMMAND_DESCRIPTIONS,
  commandOf,
  commands,
  create,
  statusQuery,
  payment,
  paymentArrived,
  reconcile,
} from './contract.ts'
import { isBehind, paymentEventOf } from './process-message.ts'
import { guarded, refusal } from './failures.ts'
import { inputOf } from './inputs.ts'

/** Sets the handlers of a run: each puts its message into the mailbox and answers when it was processed. */
export function registerHandlers(run: Run): void {
  setHandler(
    create,
    guarded(async () => {
      await condition(() => run.booking !== null || run.refused !== null)
      if (run.refused !== null) throw run.refused
      const { version, status } = known(run)
      return { version, status }
    }),
    { description: 'Answers when the units are held and the payment was asked for.' },
  )

  setHandler(
    payment,
    guarded(async (paymentEvent) => {
      await started(run)
      const before = known(run).version
      await run.mailbox.request({ type: 'payment_event', paymentEvent })
      const { version } = known(run)
      return { outcome: version > before ? 'applied' : 'stale', version }
    }),
    {
      description: 'A fact from the payment service.',
      validator: (paymentEvent) => {
        // A fact that changes nothing is refused before it is accepted, which leaves no trace in the history.
        if (
          run.booking !== null &&
          run.mailbox.isEmpty &&
          onPaymentEvent(run.booking, paymentEvent, { now: now() }).facts.length === 0
        ) {
          throw refusal({ code: 'illegal_transition', message: 'stale', details: { stale: true } })
        }
      },
    },
  )
  setHandler(paymentArrived, (paymentEvent) => run.mailbox.post({ type: 'payment_event', paymentEvent }), {
    description: 'A fact from the payment service, when nobody waits for the answer.',
  })

  for (const [type, definition] of Object.entries(commands) as [CommandType, (typeof commands)[CommandType]][]) {
    setHandler(
      definition,
      guarded(async (given) => {
        const input = inputOf(given)
        await started(run)
        const command = commandOf(type, input, currentUpdateInfo()?.id)
        await run.mailbox.request({ type: 'command', command, seenVersion: input.seenVersion ?? null })
        const { version, status } = known(run)
        return { version, status }
      }),
      {
        description: COMMAND_DESCRIPTIONS[type],
        validator: (given) => {
          const input = inputOf(given)
          if (run.booking === null || !run.mailbox.isEmpty || isBehind(run.booking, input.seenVersion ?? null)) return
          const no = refusalOf(run.booking, commandOf(type, input, currentUpdateInfo()?.id), now())
          if (no !== null) throw refusal(no)
        },
      },
    )
  }

  setHandler(
    reconcile,
    guarded(async ({ intents = [], discrepancy } = {}) => {
      await started(run)
      await run.mailbox.request({ type: 'reload' })
      for (const intent of intents) {
        const paymentEvent = paymentEventOf(intent, `reconcile:${intent.id}:${intent.status}`)
        if (intent.status === 'requires_payment_method' || !isNews(known(run), paymentEvent)) continue
        await run.mailbox.request({ type: 'payment_event', paymentEvent })
      }
      if (discrepancy !== undefined) await run.mailbox.request({ type: 'discrepancy', discrepancy })
      const { version, status } = known(run)
      return { version, status }
    }),
    { description: 'Reload the booking from PostgreSQL: {}.' },
  )

  setHandler(
    statusQuery,
    () => ({
      status: run.booking?.status ?? 'starting',
      version: run.booking?.version ?? 0,
      waitingFor: run.booking === null ? 'hold' : waitingFor(run.booking),
      nextDeadline: run.booking === null ? null : nextDeadline(run.booking),
      attention: run.booking?.attention?.reason ?? null,
    }),
    { description: 'Where the booking stands, in short.' },
  )
}

async function started(run: Run): Promise<void> {
  await condition(() => run.booking !== null || run.refused !== null)
  if (run.refused !== null) throw run.refused
}

function known(run: Run): Booking {
  if (run.booking === null) {
    throw refusal({
      code: 'unavailable',
      message: `The booking is not there yet (${currentUpdateInfo()?.name ?? ''}).`,
    })
  }
  return run.booking
}
