import type { ReservationBody } from '../../schemas/reservation.ts'
import { segment } from '../ask.ts'
import { naming, type Calls } from '../calls.ts'
import type { ReservationServiceService } from '../generated/holdfast/v1/reservation.ts'
import { bodyOf } from '../json.ts'
import { bodyWithout, bookingMessage } from '../messages.ts'

/** G-02, over A-11. */
export const reservations: Calls<typeof ReservationServiceService> = naming([[/^\/id$/, '/reservation_id']], {
  create: async (ask, request) => ({
    reservation: bookingMessage((await ask.post<ReservationBody>('/reservations', bodyOf(request))).booking),
  }),

  confirm: async (ask, request) => ({
    booking: bookingMessage(
      (
        await ask.post<ReservationBody>(
          `/reservations/${segment(request.reservation_id)}/confirm`,
          bodyWithout(request, 'reservation_id'),
        )
      ).booking,
    ),
  }),
})
