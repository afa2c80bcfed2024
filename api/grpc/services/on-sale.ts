import type { renderUnit } from '../../render-offering.ts'
import { segment } from '../ask.ts'
import { naming, type Calls } from '../calls.ts'
import type { AvailabilityServiceService, CheckResponse } from '../generated/holdfast/v1/availability.ts'
import type { SlotServiceService } from '../generated/holdfast/v1/slot.ts'
import { bodyOf, queryOf } from '../json.ts'

/** G-02, over A-10. */
export const availability: Calls<typeof AvailabilityServiceService> = {
  check: (ask, request) => ask.post<CheckResponse>('/bookings/availability/check', bodyOf(request)),
}

/** G-02, over A-12. */
export const slots: Calls<typeof SlotServiceService> = naming([[/^\/id$/, '/service_id']], {
  async find(ask, { service_id, from, to }) {
    const path = `/services/${segment(service_id)}/slots${queryOf({ from, to })}`
    return ask.get<{ slots: ReturnType<typeof renderUnit>[] }>(path)
  },
})
