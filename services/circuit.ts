import {
  circuitBreaker,
  ConsecutiveBreaker,
  ConstantBackoff,
  handleWhen,
  isBrokenCircuitError,
  retry,
  wrap,
} from 'cockatiel'
import { Refused } from '../domain/failures.ts'

/** The connection failed before there was an answer. The message goes on after "The … service ". */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
}

/** The service is too slow, overloaded, failing, or answers something else than agreed. The message goes on after "The … service ". */
export class Faulty extends Error {
  override readonly name = 'Faulty'
}

/** What guards the calls of one service, whatever they travel over. */
export type Circuit = {
  /** Makes a try of a call; one that is `repeatable` a second time when its connection failed (a socket the other side had closed). */
  run<Answer>(repeatable: boolean, attempt: () => Promise<Answer>): Promise<Answer>
  /** What callers see of a failure: a Refused as it is, anything else as Refused `unavailable`, its outcome unknown. */
  refusalOf(error: unknown): Refused
}

/**
 * Five failures in a row open the circuit for five seconds: callers then fail at once instead of queueing (E-05). Temporal is the layer that
 * retries; a refusal is an answer and no failure.
 */
export function openCircuit(service: string): Circuit {
  const once = retry(
    handleWhen((error) => error instanceof Unreachable),
    { maxAttempts: 1, backoff: new ConstantBackoff(5) },
  )
  const breaker = circuitBreaker(
    handleWhen((error) => error instanceof Unreachable || error instanceof Faulty),
    { halfOpenAfter: 5000, breaker: new ConsecutiveBreaker(5) },
  )
  const repeated = wrap(breaker, once)
  return {
    run: (repeatable, attempt) => (repeatable ? repeated : breaker).execute(attempt),
    refusalOf(error) {
      if (error instanceof Refused) return error
      const why = isBrokenCircuitError(error) ? 'has failed too often and is left alone for now' : messageOf(error)
      return new Refused({ code: 'unavailable', message: `The ${service} service ${why}.` }, { cause: error })
    },
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
