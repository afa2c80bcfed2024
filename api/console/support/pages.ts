import type { Hono } from 'hono'
import type { Config } from '../../../config.ts'
import type { ConsoleEnv } from '../session.ts'
import { act } from './actions.ts'
import { bookingPage } from './booking.ts'
import { findBookings } from './bookings.ts'
import { desk } from './desk.ts'

/** The pages of those who help: find a booking, see all of it, act; and the desk of the one on call. */
export function supportPages(site: Hono<ConsoleEnv>, config: Config): void {
  site.get('/desk', desk)
  site.get('/bookings', findBookings)
  site.get('/bookings/:id', bookingPage(config))
  site.post('/bookings/:id/actions/:action', act)
}
