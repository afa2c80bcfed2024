import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { asOfToday } from '../../api/examples/moments.ts'
import { apiDocument } from '../../stack/api-document.ts'
import { dayAt, loadDemoData } from '../../stack/demo-data.ts'
import type { StackUrls } from '../../stack/settings.ts'
import type { Caller } from '../support/caller.ts'
import { examplesOf, faultsOfAnswer, operationsOf, type Document } from '../support/document.ts'
import { actorsIn, type Actors } from '../support/example-stages.ts'
import { openWorld, type World } from '../support/world.ts'

const document = JSON.parse(asOfToday(apiDocument(), new Date())) as Document
const operations = operationsOf(document)

let world: World
let olga: Caller
let actors: Actors
beforeAll(async () => {
  world = await openWorld()
  olga = await world.as('operator', 'olga')
  await loadDemoData({ api: world.apiUrl, sandbox: world.sandboxUrl } as StackUrls)
  // More come here than to the demonstration.
  const slot = {
    id: `${dayAt(4, 14).slice(0, 13)}h`,
    kind: 'slot',
    start: dayAt(4, 14),
    end: dayAt(4, 14.5),
    capacity: 100,
  }
  await olga.put('/offerings/demo-vaccination/units', { units: [slot] })
  actors = actorsIn(world, olga, document)
})
afterAll(() => world.close())

/** What is refused where nothing is wrong, and says so. */
const REFUSED: readonly string[] = ['acknowledge', 'retry']

describe('every example of a request, sent as it stands', () => {
  const withBody = operations.filter(({ operation }) => examplesOf(document, operation).length > 0)

  test('V-08 no operation is left out', () => {
    expect(Object.keys(actors.stages).toSorted()).toEqual(withBody.map(({ name }) => name).toSorted())
  })

  const cases = withBody.flatMap(({ name, method, operation }) =>
    examplesOf(document, operation).map(([example, body]) => ({ name, method, operation, example, body })),
  )
  test.each(cases)('V-08 $name: $example', async ({ name, method, operation, example, body }) => {
    const { who, path, after } = await actors.stages[name]!(example)
    const answer = await who[method as 'post' | 'put']<BookingBody>(path, body)
    const [good] = Object.keys(operation.responses).filter((status) => status < '300')
    expect(answer).toMatchObject({ status: REFUSED.includes(example) ? 409 : Number(good) })
    expect(faultsOfAnswer(document, operation, answer.status, answer.body)).toEqual([])
    await after?.(answer.body)
  })
})

describe('what is read is as it is documented', () => {
  const reads: readonly (readonly [name: string, path: (visit: BookingBody) => string])[] = [
    ['get /bookings/{id}', ({ id }) => `/bookings/${id}`],
    ['get /bookings/reference/{reference}', ({ reference }) => `/bookings/reference/${reference}`],
    ['get /bookings/number/{number}', ({ number }) => `/bookings/number/${number}`],
    ['get /bookings', () => '/bookings?limit=5&page=1'],
    ['get /bookings/guest/{guest_id}', ({ customer }) => `/bookings/guest/${customer.id}`],
    ['get /bookings/venue/{venue_id}', () => '/bookings/venue/demo-clinic'],
    ['get /bookings/{id}/cancellation', ({ id }) => `/bookings/${id}/cancellation`],
    ['get /bookings/{id}/history', ({ id }) => `/bookings/${id}/history`],
    ['get /bookings/{id}/timeline', ({ id }) => `/bookings/${id}/timeline`],
    ['get /bookings/{id}/reminders', ({ id }) => `/bookings/${id}/reminders`],
    ['get /bookings/{id}/attachments', ({ id }) => `/bookings/${id}/attachments`],
    ['get /reservations/{id}', ({ id }) => `/reservations/${id}`],
    ['get /offerings', () => '/offerings'],
    ['get /offerings/{id}', () => '/offerings/demo-dinner'],
    ['get /offerings/{id}/units', () => '/offerings/demo-dinner/units'],
    ['get /services/{id}/slots', () => '/services/demo-vaccination/slots'],
    ['get /services/{id}/reviews', () => '/services/demo-vaccination/reviews'],
    ['get /events/{id}/seats', () => '/events/demo-event/seats'],
    ['get /clinics/{id}/services', () => '/clinics/demo-clinic/services'],
    ['get /venues/{venue_id}/providers', () => '/venues/demo-bistro/providers'],
    ['get /notifications', ({ id }) => `/notifications?booking_id=${id}`],
    ['get /waitlist', () => '/waitlist'],
    ['get /financial-entries', () => '/financial-entries'],
    ['get /reports/completion-rates', () => '/reports/completion-rates'],
    ['get /reports/upcoming', () => '/reports/upcoming'],
    ['get /reports/settlement', () => '/reports/settlement'],
    ['get /invariants', () => '/invariants'],
    ['get /webhook-endpoints', () => '/webhook-endpoints'],
  ]

  test('V-08 of each kind', async () => {
    const { booking } = await actors.confirmed('clinicOrder')
    for (const [name, path] of reads) {
      const { operation } = operations.find((each) => each.name === name)!
      const { status, body } = await olga.get(path(booking))
      expect({ name, status, faults: faultsOfAnswer(document, operation, status, body) }).toEqual({
        name,
        status: 200,
        faults: [],
      })
    }
  })
})
