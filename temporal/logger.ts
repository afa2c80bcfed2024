import { DefaultLogger, type Logger } from '@temporalio/worker'
import type { Logger as Pino } from 'pino'
import { bookingIdOf } from '../observability/about.ts'

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const

/** Temporal's log entries as lines of our own log; what they call `error` is where pino looks for errors. */
export function temporalLogger(log: Pino): Logger {
  return new DefaultLogger(log.isLevelEnabled('debug') ? 'DEBUG' : 'INFO', ({ level, message, meta }) => {
    const { error, ...rest } = meta ?? {}
    const bookingId = bookingIdOf(rest['workflowId'])
    log[LEVELS[level]](
      {
        ...rest,
        ...(bookingId !== null && { booking_id: bookingId }),
        ...(error !== undefined && { err: error as unknown }),
        source: 'temporal',
      },
      message,
    )
  })
}
