import { expectOk, person, send } from './client.ts'
import type { StackUrls } from './settings.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** The instant `days` from today at `hour` o'clock UTC. */
export function dayAt(days: number, hour: number): string {
  return new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS + days * DAY_MS + hour * HOUR_MS).toISOString()
}

type Loading = { readonly id: string; readonly body: object; readonly units: readonly object[] }

/** Loads something of each profile to book, through the API and the sandbox's control routes. Loading it again changes nothing but the dates. */
export async function loadDemoData(urls: StackUrls): Promise<void> {
  const { sandbox } = urls
  if (sandbox === undefined) return
  const operator = await person({ ...urls, sandbox }, { role: 'operator', sub: 'olga' })
  const control = async (path: string, body: object) =>
    expectOk(await send('PUT', `${sandbox}/control${path}`, body), `loading ${path}`)

  await control('/tutors/demo-tutor', {
    name: 'Tess Tutor',
    email: 'tess@example.test',
    hourly_rate: { amount: 6000, currency: 'USD' },
    subjects: ['maths'],
  })
  // Clients of the tutoring document know people by number.
  await control('/tutors/7', {
    name: 'Toni Tutor',
    email: 'toni@example.test',
    hourly_rate: { amount: 4000, currency: 'USD' },
    subjects: ['physics'],
  })
  await control('/courses/demo-course', {
    title: 'TypeScript in a week',
    price: { amount: 9900, currency: 'USD' },
    is_published: true,
  })
  await control('/clinics/demo-clinic', { name: 'Paws', address: '1 Park Lane', phone: null })
  for (const id of ['demo-event', 'demo-last-seat', 'demo-flash-sale']) {
    const seats = seatIds(id).map((seat) => ({ id: seat, price: 45 }))
    await control(`/events/${id}`, {
      name: 'Demo concert',
      venue: { id: 'demo-hall', name: 'Demo hall' },
      starts_at: dayAt(60, 20),
      ends_at: dayAt(60, 23),
      on_sale: true,
      currency: 'USD',
      seats,
    })
  }
  for (const { id, body, units } of offerings()) {
    expectOk(await operator('PUT', `/offerings/${id}`, body), `loading ${id}`)
    if (units.length > 0) expectOk(await operator('PUT', `/offerings/${id}/units`, { units }), `loading ${id}'s units`)
  }
}

function seatIds(event: string): string[] {
  const rows = event === 'demo-event' ? ['A', 'B', 'C', 'D'] : ['A']
  const perRow = event === 'demo-last-seat' ? 500 : 50
  return rows.flatMap((row) => Array.from({ length: perRow }, (_, index) => `${row}-${index + 1}`))
}

function offerings(): Loading[] {
  const price = (amount: number, currency = 'USD') => ({ amount, currency })
  const event = (id: string, name: string, policy: object = {}): Loading => ({
    id,
    body: { profile: 'ticketing', name, venue: { id: 'demo-hall', name: 'Demo hall' }, price: price(4500), policy },
    units: seatIds(id).map((seat) => ({
      id: seat,
      kind: 'seat',
      label: seat,
      row: seat.slice(0, 1),
      start: dayAt(60, 20),
      end: dayAt(60, 23),
    })),
  })
  return [
    {
      id: 'demo-tutor',
      body: {
        profile: 'tutoring',
        name: 'Maths with Tess',
        provider: { id: 'demo-tutor', name: 'Tess Tutor' },
        price: price(6000),
        price_unit: 'hour',
      },
      units: [],
    },
    {
      id: 'demo-tutor-7',
      body: {
        profile: 'tutoring',
        name: 'Physics with Toni',
        provider: { id: '7', name: 'Toni Tutor' },
        price: price(4000),
        price_unit: 'hour',
      },
      units: [],
    },
    {
      id: 'demo-vaccination',
      body: {
        profile: 'clinic',
        name: 'Vaccination',
        venue: { id: 'demo-clinic', type: 'clinic', name: 'Paws' },
        price: price(15_000_000, 'IDR'),
        duration_minutes: 30,
      },
      units: [1, 2, 3, 4, 5, 6, 7].flatMap((day) =>
        [9, 10, 11, 14, 15].map((hour) => ({
          id: `${dayAt(day, hour).slice(0, 13)}h`,
          kind: 'slot',
          start: dayAt(day, hour),
          end: dayAt(day, hour + 0.5),
          staff_id: 'demo-vet',
          capacity: 3,
        })),
      ),
    },
    event('demo-event', 'Demo concert'),
    event('demo-last-seat', 'Demo concert, one seat each time'),
    event('demo-flash-sale', 'Demo flash sale: held for 4 seconds', {
      hold_seconds: 4,
      lapse_grace_seconds: 1,
      processing_grace_seconds: 4,
    }),
    {
      id: 'demo-dinner',
      body: {
        profile: 'venue',
        name: 'Dinner',
        venue: { id: 'demo-bistro', type: 'restaurant', name: 'Bistro' },
        price: price(2500),
        price_unit: 'person',
        duration_minutes: 90,
      },
      units: [2, 2, 2, 4, 4, 4, 4, 6, 6, 8].map((size, index) => ({
        id: `T${index + 1}`,
        kind: 'table',
        min_party: 1,
        max_party: size,
      })),
    },
    {
      id: 'demo-course',
      body: { profile: 'course', name: 'TypeScript in a week', price: price(9900), capacity: null },
      units: [],
    },
  ]
}
