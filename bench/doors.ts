import { randomUUID } from 'node:crypto'
import { credentials, Metadata } from '@grpc/grpc-js'
import { OrderServiceClient } from '../api/grpc/generated/order_service.ts'
import { expectOk, send } from '../stack/client.ts'
import { tokenFor } from '../stack/sandbox-token.ts'
import { say, step } from '../stack/launcher/progress.mjs'
import { Failure } from '../stack/launcher/tool.mjs'
import { quantile, run } from './measure.ts'
import { aimsTable, table } from './report.ts'
import type { Site } from './site.ts'
import { loadSlot } from './workloads.ts'

/** Over HTTP: what is sent, and where it is read again. `n` is another one each time, so that nothing is taken. */
type Routes = {
  readonly path: string
  readonly body: (n: number) => object
  readonly read: (id: string) => string
  /** The id of an answer. */
  readonly idIn: (answer: Record<string, unknown>) => string
}

/** A booking made, one asked for that is not free any more, and one read. */
type Calls = {
  readonly create: (n: number) => Promise<string>
  readonly refused?: (n: number) => Promise<unknown>
  readonly read: (id: string) => Promise<unknown>
}

/** The same booking at the API and at a door; `isTaken`: of the same `n` there is one only. */
type Door = {
  readonly name: string
  readonly direct: Routes
  readonly through: Routes | 'grpc'
  readonly isTaken?: true
}

const PET_ID = 'bench-pet'
const SEATS = 4000
const MINUTE_MS = 60_000
const FIRST = Math.ceil(Date.now() / 86_400_000 + 1) * 86_400_000
const at = (minutes: number) => new Date(FIRST + minutes * MINUTE_MS).toISOString()
const lesson = (n: number) => [at(30 * n), at(30 * n + 30)] as const
/** An hour each: half of it is eaten, a quarter is the buffer. */
const dinner = (n: number) => [at(60 * n), at(60 * n + 30)] as const
const ofId = ({ id }: Record<string, unknown>) => String(id)

const DOORS: readonly Door[] = [
  {
    name: 'tutoring',
    isTaken: true,
    direct: {
      path: '/api/v1/bookings',
      body: (n) => ({
        profile: 'tutoring',
        items: [{ offering_id: 'bench-tutor', start: lesson(n)[0], end: lesson(n)[1] }],
        subject: 'Algebra',
      }),
      read: (id) => `/api/v1/bookings/${id}`,
      idIn: ofId,
    },
    through: {
      path: '/doors/tutoring/api/bookings/',
      body: (n) => ({ tutor_id: 70, scheduled_start: lesson(n)[0], scheduled_end: lesson(n)[1], subject: 'Algebra' }),
      read: (id) => `/doors/tutoring/api/bookings/${id}`,
      idIn: ofId,
    },
  },
  {
    name: 'clinic',
    direct: {
      path: '/api/v1/reservations',
      body: () => ({ profile: 'clinic', items: [{ offering_id: 'bench-door', unit_id: 'slot' }], pet_id: PET_ID }),
      read: (id) => `/api/v1/bookings/${id}`,
      idIn: ({ reservation_id }) => String(reservation_id),
    },
    through: {
      path: '/doors/clinic/reservations',
      body: () => ({ user_id: 'bench', pet_id: PET_ID, service_id: 'bench-door', slot_id: 'slot' }),
      read: (id) => `/doors/clinic/bookings/${id}`,
      idIn: ofId,
    },
  },
  {
    name: 'ticketing',
    isTaken: true,
    direct: {
      path: '/api/v1/bookings',
      body: (n) => ({ profile: 'ticketing', items: [{ offering_id: 'bench-event', unit_id: `S-${n}` }] }),
      read: (id) => `/api/v1/bookings/${id}`,
      idIn: ofId,
    },
    through: {
      path: '/doors/ticketing/bookings',
      body: (n) => ({ eventId: 'bench-event', seatIds: [`S-${n}`] }),
      read: (id) => `/doors/ticketing/bookings/${id}`,
      idIn: ofId,
    },
  },
  {
    name: 'venue',
    isTaken: true,
    direct: {
      path: '/api/v1/bookings',
      body: (n) => ({
        profile: 'venue',
        items: [{ offering_id: 'bench-dinner', start: dinner(n)[0], end: dinner(n)[1] }],
        party_size: 2,
      }),
      read: (id) => `/api/v1/bookings/${id}`,
      idIn: ofId,
    },
    through: {
      path: '/doors/venue/api/v1/bookings',
      body: (n) => ({
        guest_id: 'bench',
        venue_id: 'bench-bistro',
        booking_date: dinner(n)[0].slice(0, 10),
        booking_time: dinner(n)[0].slice(11, 19),
        duration_minutes: 30,
        party_size: 2,
      }),
      read: (id) => `/doors/venue/api/v1/bookings/${id}`,
      idIn: ofId,
    },
  },
  {
    name: 'course',
    direct: {
      path: '/api/v1/bookings',
      body: () => ({ profile: 'course', items: [{ offering_id: 'bench-course' }] }),
      read: (id) => `/api/v1/bookings/${id}`,
      idIn: ofId,
    },
    // Its document has gRPC, which stands beside the API's HTTP here.
    through: 'grpc',
  },
]

/**
 * What each door adds: the same booking made and read at the API and through the door, one at a time and in turns. Prints medians, and the milliseconds between
 * them. What is taken is refused from SQL, without the engine: a door does the same for it as for what it makes, and it does not hide in the time of a workflow.
 */
export async function benchDoors(site: Site, rounds: number, size: number): Promise<void> {
  await load(site)
  const { api, sandbox, grpc = '' } = site.urls
  const token = await tokenFor(sandbox, { role: 'student', sub: 'bench' })
  const http = ({ path, body, read, idIn }: Routes): Calls => {
    const answered = (method: string, at: string, sent?: object) =>
      send(method, `${api}${at}`, sent, { authorization: `Bearer ${token}`, 'idempotency-key': randomUUID() })
    const ask = async (method: string, at: string, sent?: object) =>
      expectOk(await answered(method, at, sent), `${method} ${at}`)
    return {
      create: async (n) => idIn(await ask('POST', path, body(n))),
      async refused(n) {
        const { status } = await answered('POST', path, body(n))
        if (status !== 400 && status !== 409) throw new Failure(`POST ${path} of what is taken was ${status}.`)
      },
      read: (id) => ask('GET', read(id)),
    }
  }
  const orders = new OrderServiceClient(grpc.replace(/^\w+:\/\//, ''), credentials.createInsecure())
  const requests: (readonly [name: string, once: () => Promise<{ firstAnswerMs: number }>])[] = []
  for (const { name, direct, through, isTaken } of DOORS) {
    let n = 0
    for (const where of ['API', 'door']) {
      const at = where === 'API' ? direct : through
      const { create, refused, read } = at === 'grpc' ? overGrpc(orders, token) : http(at)
      const make = () => create((n += 1))
      const id = await make()
      const first = n
      requests.push([`${name}, create at the ${where}`, () => timed(make)])
      if (isTaken && refused) requests.push([`${name}, refuse at the ${where}`, () => timed(() => refused(first))])
      requests.push([`${name}, read at the ${where}`, () => timed(() => read(id))])
    }
  }
  const samples = new Map<string, number[]>()
  await step('Warming up', async () => {
    for (const [, once] of requests) await run(1, 40, once)
  })
  for (let round = 1; round <= rounds; round += 1) {
    await step(`Round ${round} of ${rounds}`, async () => {
      // In short turns, so that a noisy second of a shared machine spoils all alike.
      for (let turn = 0; turn < 10 * size; turn += 1) {
        for (const [name, once] of requests) {
          const { firstAnswerMs } = await run(1, 10, once)
          samples.set(name, [...(samples.get(name) ?? []), ...firstAnswerMs])
        }
      }
    })
  }
  const ms = (key: string, share: number) => quantile(samples.get(key)!, share)
  const rows = [...samples.keys()].map((key) => [key, ms(key, 0.5).toFixed(2), ms(key, 0.99).toFixed(2)])
  say(`\n${table([['', 'p50 ms', 'p99 ms'], ...rows])}\n`)
  const added = DOORS.flatMap(({ name, isTaken }) =>
    ['create', ...(isTaken ? ['refuse'] : []), 'read'].map((what) => ({
      what: `${name}, ${what}: ms that the door adds to the median`,
      measured: ms(`${name}, ${what} at the door`, 0.5) - ms(`${name}, ${what} at the API`, 0.5),
      aim: 3,
    })),
  )
  say(aimsTable(added))
}

async function timed(once: () => Promise<unknown>): Promise<{ firstAnswerMs: number }> {
  const began = performance.now()
  await once()
  return { firstAnswerMs: performance.now() - began }
}

/** Orders of the course document, one connection for all. */
function overGrpc(orders: OrderServiceClient, token: string): Calls {
  const headers = () => {
    const metadata = new Metadata()
    metadata.set('authorization', `Bearer ${token}`)
    return metadata
  }
  const place = { course_id: 'bench-course', session_id: null }
  const order = { items: [place], metadata: new Map<string, string>(), payment_later: false }
  return {
    create: (n) =>
      new Promise((resolve, reject) => {
        const request = { ...order, idempotency_key: `bench-${n}-${randomUUID()}` }
        orders.createOrder(request, headers(), (error, answer) =>
          error === null ? resolve(answer.order?.order_id ?? '') : reject(error),
        )
      }),
    read: (id) =>
      new Promise((resolve, reject) => {
        orders.getOrder({ order_id: id }, headers(), (error, answer) =>
          error === null ? resolve(answer.order) : reject(error),
        )
      }),
  }
}

async function load(site: Site): Promise<void> {
  const { sandbox } = site.urls
  const operator = await site.login('operator', 'bench-operator')
  const put = async (path: string, body: object) => expectOk(await operator('PUT', path, body), `loading ${path}`)
  const tell = async (path: string, body: object) => expectOk(await send('PUT', `${sandbox}${path}`, body), 'telling')
  const usd = (amount: number) => ({ amount, currency: 'USD' })

  const rate = usd(4000)
  await tell('/control/tutors/70', { name: 'Tess', email: 't@example.test', hourly_rate: rate, subjects: ['maths'] })
  const tutor = { profile: 'tutoring', name: 'Maths', provider: { id: '70', name: 'Tess' }, price_unit: 'hour' }
  await put('/offerings/bench-tutor', { ...tutor, price: rate, policy: { max_lead_days: 365 } })

  await tell(`/control/pets/${PET_ID}`, { owner_id: 'bench', name: 'Rex', species: 'dog', breed: null })
  await loadSlot(site, 'bench-door', 1_000_000, {})

  await put('/offerings/bench-event', { profile: 'ticketing', name: 'Concert', price: usd(4500) })
  for (let from = 0; from < SEATS; from += 1000) {
    const units = Array.from({ length: 1000 }, (_, index) => ({ id: `S-${from + index}`, kind: 'seat' }))
    await put('/offerings/bench-event/units', { units })
  }

  const venue = { id: 'bench-bistro', type: 'restaurant', name: 'Bistro' }
  await put('/offerings/bench-dinner', { profile: 'venue', name: 'Dinner', venue, price: usd(2500) })
  await put('/offerings/bench-course', { profile: 'course', name: 'TypeScript', price: usd(9900), capacity: null })
  await put('/offerings/bench-dinner/units', { units: [{ id: 'T1', kind: 'table', min_party: 1, max_party: 4 }] })
}
