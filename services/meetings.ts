import { z } from 'zod'
import type { HttpClient } from './http.ts'
import type { Meetings } from './ports.ts'

/** The meetings port over HTTP. */
export function httpMeetings(client: HttpClient): Meetings {
  return {
    async create({ key, bookingId, subject, range }) {
      const { url } = await client.call({
        method: 'POST',
        path: '/internal/meetings',
        key,
        body: { booking_id: bookingId, subject, ...range },
        answer: z.object({ url: z.url() }),
      })
      return url
    },
  }
}
