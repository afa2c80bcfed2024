import type { BookingBody, BookingPageBody } from '../../schemas/booking.ts'
import { segment, type Ask } from '../ask.ts'
import { naming, type Calls } from '../calls.ts'
import type { SessionBookingStatus, SessionServiceService } from '../generated/holdfast/v1/session.ts'
import { bodyOf, queryOf } from '../json.ts'
import { bodyWithout } from '../messages.ts'
import { isSession, orderOf, sessionMessage } from '../orders.ts'
import { refused, type Names } from '../status.ts'

/** A session booking is an order of one item, which its messages do not name. */
const NAMES: Names = [
  [/^\/items\/0(?=\/)/, ''],
  [/^\/customer(\/id)?$/, '/user_id'],
  [/^\/customer_id$/, '/user_id'],
  [/offering_id$/, 'course_id'],
  [/unit_id$/, 'session_id'],
]

/** The booking's status behind each of a session's that a person gives; null: nobody gives it. BOOKED is given back to whoever was missed by mistake. */
const SESSION_STATUSES = {
  SESSION_BOOKING_STATUS_UNSPECIFIED: null,
  UNRECOGNIZED: null,
  SESSION_BOOKING_STATUS_PENDING: null,
  SESSION_BOOKING_STATUS_EXPIRED: null,
  SESSION_BOOKING_STATUS_BOOKED: 'confirmed',
  SESSION_BOOKING_STATUS_CANCELLED: 'cancelled',
  SESSION_BOOKING_STATUS_ATTENDED: 'checked_in',
  SESSION_BOOKING_STATUS_COMPLETED: 'completed',
  SESSION_BOOKING_STATUS_MISSED: 'no_show',
} as const satisfies Record<SessionBookingStatus, BookingBody['status'] | null>

/** G-04. */
export const sessions: Calls<typeof SessionServiceService> = naming(NAMES, {
  async bookSession(ask, { course_id, session_id, start, end, quantity, user_id, ...order }) {
    // A place in a course is a unit by the course's own id.
    if ((session_id == null && start == null) || session_id === course_id) {
      const errors = [{ pointer: '/session_id', message: 'is needed, or start: which session of the course?' }]
      throw refused({ code: 'validation_failed', message: 'Which session of the course?', details: { errors } })
    }
    const body = bodyOf({
      ...order,
      profile: 'course',
      items: [{ offering_id: course_id, unit_id: session_id, start, end, quantity }],
      customer: user_id == null ? null : { id: user_id },
    })
    return { booking: sessionMessage(await ask.post<BookingBody>('/bookings', body)) }
  },

  getSessionBooking: async (ask, { id }) => ({ booking: sessionMessage(await sessionBookingOf(ask, id)) }),

  async cancelSessionBooking(ask, request) {
    const { items } = await sessionBookingOf(ask, request.id)
    const those = items.filter(isSession).map(({ id }) => id)
    const body = { ...bodyWithout(request, 'id'), ...(those.length < items.length && { item_ids: those }) }
    return { booking: sessionMessage(await ask.post<BookingBody>(`/bookings/${segment(request.id)}/cancel`, body)) }
  },

  async updateSessionBookingStatus(ask, request) {
    await sessionBookingOf(ask, request.id)
    const status = SESSION_STATUSES[request.status]
    if (status === null) {
      const errors = [{ pointer: '/status', message: 'is ATTENDED, MISSED, COMPLETED, BOOKED or CANCELLED' }]
      throw refused({ code: 'validation_failed', message: 'Nobody gives a session that status.', details: { errors } })
    }
    const body = bodyWithout({ ...request, status }, 'id')
    return { booking: sessionMessage(await ask.post<BookingBody>(`/bookings/${segment(request.id)}/status`, body)) }
  },

  async listSessionBookings(ask, { user_id, course_id, ...rest }) {
    const query = queryOf({ ...rest, profile: 'course', customer_id: user_id, offering_id: course_id })
    const page = await ask.get<BookingPageBody>(`/bookings${query}`)
    const found = page.bookings.filter(({ items }) => items.some(isSession))
    return { bookings: found.map(sessionMessage), next_cursor: page.next_cursor }
  },
})

/** An order with sessions. Throws `not_found` for one without. */
async function sessionBookingOf(ask: Ask, id: string): Promise<BookingBody> {
  const order = await orderOf(ask, id)
  if (!order.items.some(isSession)) throw refused({ code: 'not_found', message: `There is no session booking ${id}.` })
  return order
}
