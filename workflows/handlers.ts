import { condition, currentUpdateInfo, setHandler } from '@temporalio/workflow'
import type { Booking } from '../domain/booking.ts'
import { refusalOf, type CommandType } from '../domain/commands.ts'
import { onNotice } from '../domain/decide.ts'
import { nextDeadline, waitingFor } from '../domain/outlook.ts'
import { isNews } from '../domain/reconciliation.ts'
import type { Run } from './booking.ts'
import { now } from './clock.ts'
import {
  COMMAND_DESCRIPTIONS,
  commandOf,
  commands,
  create,
  glance,
  payment,
  paymentArrived,
  reconcile,
} from './contract.ts'
import { isBehind, isPutAside, noticeOf } from './deal.ts'
import { guarded, refusal } from './failures.ts'
import { inputOf } from './inputs.ts'

/** Sets the handlers of a run: each puts its message on the desk and answers when it was dealt with. */
export function listen(run: Run): void {
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
    guarded(async (notice) => {
      await placed(run)
      const before = known(run).version
      const isWritten = await run.desk.ask({ type: 'notice', notice }).then(
        () => true,
        (error: unknown) => {
          if (isPutAside(error)) return false
          throw error
        },
      )
      const { version } = known(run)
      return { outcome: isWritten ? (version > before ? 'applied' : 'stale') : 'put_aside', version }
    }),
    {
      description: 'A fact from the payment service.',
      validator: (notice) => {
        // A fact that changes nothing is refused before it is accepted, which leaves no trace in the history.
        if (
          run.booking !== null &&
          run.desk.isEmpty &&
          onNotice(run.booking, notice, { now: now() }).facts.length === 0
        ) {
          throw refusal({ code: 'illegal_transition', message: 'stale', details: { stale: true } })
        }
      },
    },
  )
  setHandler(paymentArrived, (notice) => run.desk.leave({ type: 'notice', notice }), {
    description: 'A fact from the payment service, when nobody waits for the answer.',
  })

  for (const [type, definition] of Object.entries(commands) as [CommandType, (typeof commands)[CommandType]][]) {
    setHandler(
      definition,
      guarded(async (given) => {
        const input = inputOf(given)
        await placed(run)
        const command = commandOf(type, input, currentUpdateInfo()?.id)
        await run.desk.ask({ type: 'command', command, seenVersion: input.seenVersion ?? null })
        const { version, status } = known(run)
        return { version, status }
      }),
      {
        description: COMMAND_DESCRIPTIONS[type],
        validator: (given) => {
          const input = inputOf(given)
          if (run.booking === null || !run.desk.isEmpty || isBehind(run.booking, input.seenVersion ?? null)) return
          const no = refusalOf(run.booking, commandOf(type, input, currentUpdateInfo()?.id), now())
          if (no !== null) throw refusal(no)
        },
      },
    )
  }

  setHandler(
    reconcile,
    guarded(async ({ intents = [], finding } = {}) => {
      await placed(run)
      await run.desk.ask({ type: 'reload' })
      for (const intent of intents) {
        const notice = noticeOf(intent, `reconcile:${intent.id}:${intent.status}`)
        if (intent.status === 'requires_payment_method' || !isNews(known(run), notice)) continue
        await run.desk.ask({ type: 'notice', notice })
      }
      if (finding !== undefined) await run.desk.ask({ type: 'finding', finding })
      const { version, status } = known(run)
      return { version, status }
    }),
    { description: 'Load the booking anew from the database, whose word counts: {}.' },
  )

  setHandler(
    glance,
    () => ({
      status: run.booking?.status ?? 'placing',
      version: run.booking?.version ?? 0,
      waitingFor: run.booking === null ? 'hold' : waitingFor(run.booking),
      nextDeadline: run.booking === null ? null : nextDeadline(run.booking),
      attention: run.booking?.attention?.reason ?? null,
    }),
    { description: 'Where the booking stands, in short.' },
  )
}

async function placed(run: Run): Promise<void> {
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
