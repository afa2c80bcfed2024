import type { Logger } from 'pino'
import { createAlarm, type Alarm } from '../store/alarm.ts'
import { authorise, fail, findIntent, letGo, take, type Bank } from './bank.ts'
import type { Intent } from './intent.ts'

/** The intent as of now: a slow payment (or an authorisation the bank lets go of) that is due is settled first, so that reading never lags behind the clock. */
export function currentIntent(bank: Bank, id: string): Intent | undefined {
  const intent = findIntent(bank, id)
  const due = intent?.settle_at ?? Infinity
  if (intent === undefined || due > bank.now().getTime()) return intent
  return bank.db.transaction(() => settle(bank, intent))
}

function settle(bank: Bank, intent: Intent): Intent {
  switch (intent.outcome) {
    case 'authorized':
      return authorise(bank, intent, null)
    case 'released':
      return letGo(bank, intent, null)
    case 'failed':
      return fail(bank, intent, 'bank_declined')
    case 'succeeded':
    case null:
      return take(bank, intent, intent.amount, null)
  }
}

/** Settles every slow payment that is due, and answers when the next one is (milliseconds), if there is one. */
export function settleDue(bank: Bank): number | undefined {
  const now = bank.now().getTime()
  bank.db.transaction(() => {
    const due = bank.db.all<Intent>(
      'select * from intents where settle_at is not null and settle_at <= ? order by settle_at',
      now,
    )
    for (const intent of due) settle(bank, intent)
  })
  const next = bank.db.get<{ due: number | null }>(
    'select min(settle_at) as due from intents where settle_at is not null',
  )
  return next?.due ?? undefined
}

/** Wakes for slow payments, also for those that an earlier process left. */
export function createSlowPayments(parts: Omit<Bank, 'settleAt'>, log: Logger): { bank: Bank; alarm: Alarm } {
  const alarm = createAlarm(parts.now, log, () => settleDue(bank))
  const bank: Bank = { ...parts, settleAt: (due) => alarm.wake(due) }
  alarm.wake(0)
  return { bank, alarm }
}
