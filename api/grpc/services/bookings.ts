import type { BookingBody, BookingPageBody } from '../../schemas/booking.ts'
import { segment } from '../ask.ts'
import { naming, type Calls } from '../calls.ts'
import type { BookingServiceService } from '../generated/holdfast/v1/booking.ts'
import { bodyOf, queryOf } from '../json.ts'
import { bodyWithout, bookingMessage, statusWord } from '../messages.ts'

/** G-01. */
export const bookings: Calls<typeof BookingServiceService> = naming(
  [
    [/^\/wait$/, '/wait_seconds'],
    [/^\/status\/(?=\d)/, '/statuses/'],
  ],
  {
    create: async (ask, request) => ({
      booking: bookingMessage(await ask.post<BookingBody>('/bookings', bodyOf(request))),
    }),

    get: async (ask, { id, wait_seconds: wait, after_version }) => ({
      booking: bookingMessage(
        await ask.get<BookingBody>(`/bookings/${segment(id)}${queryOf({ wait, after_version })}`),
      ),
    }),

    async find(ask, { reference, statuses, ...filters }) {
      if (reference != null) {
        const booking = await ask.get<BookingBody>(`/bookings/reference/${segment(reference)}`)
        return { bookings: [bookingMessage(booking)], next_cursor: null, total: null }
      }
      const query = queryOf({ ...filters, status: statuses.map(statusWord) })
      const page = await ask.get<BookingPageBody>(`/bookings${query}`)
      return {
        bookings: page.bookings.map(bookingMessage),
        next_cursor: page.next_cursor,
        total: page.total ?? null,
      }
    },

    async update(ask, request) {
      const unchanged = request.items.length === 0 ? (['items'] as const) : []
      const body = bodyWithout(request, 'id', ...unchanged)
      return { booking: bookingMessage(await ask.put<BookingBody>(`/bookings/${segment(request.id)}`, body)) }
    },

    async updateStatus(ask, request) {
      const { status } = request
      const body = bodyWithout({ ...request, status: status == null ? null : statusWord(status) }, 'id')
      return { booking: bookingMessage(await ask.post<BookingBody>(`/bookings/${segment(request.id)}/status`, body)) }
    },

    async cancel(ask, request) {
      const whole = request.item_ids.length === 0 ? (['item_ids'] as const) : []
      const body = bodyWithout(request, 'id', ...whole)
      return { booking: bookingMessage(await ask.post<BookingBody>(`/bookings/${segment(request.id)}/cancel`, body)) }
    },
  },
)
