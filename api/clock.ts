import { instantOf, type Instant } from '../domain/time.ts'

/** The API's clock. */
export function currentInstant(): Instant {
  return instantOf(Date.now())
}
