import { expectOk, send } from '../stack/client.ts'
import { tokenFor } from '../stack/sandbox-token.ts'
import { say, step } from '../stack/launcher/progress.mjs'
import { quantile, run } from './measure.ts'
import { aimsTable, table } from './report.ts'
import type { Site } from './site.ts'
import { loadSlot } from './workloads.ts'

const PET_ID = 'bench-pet'
const PET = { owner_id: 'bench', name: 'Rex', species: 'dog', breed: null }

/** What a door adds: the same reservation made and read at the API and through the clinic door, one at a time and in turns. */
export async function benchDoors(site: Site, rounds: number, size: number): Promise<void> {
  const { api, sandbox } = site.urls
  expectOk(await send('PUT', `${sandbox}/control/pets/${PET_ID}`, PET), 'loading')
  await loadSlot(site, 'bench-door', 1_000_000, {})
  const authorization = `Bearer ${await tokenFor(sandbox, { role: 'customer', sub: 'bench' })}`
  const timed = (method: string, url: string, body?: object) => async () => {
    const began = performance.now()
    const answer = expectOk(await send(method, url, body, { authorization }), `${method} ${url}`)
    return { firstAnswerMs: performance.now() - began, answer }
  }
  const order = { profile: 'clinic', items: [{ offering_id: 'bench-door', unit_id: 'slot' }], pet_id: PET_ID }
  const wish = { user_id: 'bench', pet_id: PET_ID, service_id: 'bench-door', slot_id: 'slot' }
  const [atApi, atDoor] = [`${api}/api/v1`, `${api}/doors/clinic`]
  const made = await timed('POST', `${atApi}/reservations`, order)()
  const id = String(made.answer['reservation_id'])
  const requests = [
    ['create', timed('POST', `${atApi}/reservations`, order), timed('POST', `${atDoor}/reservations`, wish)],
    ['read', timed('GET', `${atApi}/bookings/${id}`), timed('GET', `${atDoor}/bookings/${id}`)],
  ] as const
  const samples = new Map<string, number[]>()
  const measure = async (key: string, total: number, once: () => Promise<{ firstAnswerMs: number }>) => {
    const { firstAnswerMs } = await run(1, total, once)
    samples.set(key, [...(samples.get(key) ?? []), ...firstAnswerMs])
  }
  await step('Warming up', async () => {
    for (const [, direct, through] of requests) for (const once of [direct, through]) await run(1, 40, once)
  })
  for (let round = 1; round <= rounds; round += 1) {
    await step(`Round ${round} of ${rounds}`, async () => {
      // In short turns, so that a noisy second of a shared machine spoils both alike.
      for (let turn = 0; turn < 10 * size; turn += 1) {
        for (const [name, direct, through] of requests) {
          await measure(`${name} at the API`, 10, direct)
          await measure(`${name} at the door`, 10, through)
        }
      }
    })
  }
  const ms = (key: string, share: number) => quantile(samples.get(key)!, share)
  const rows = [...samples.keys()].map((key) => [key, ms(key, 0.5).toFixed(2), ms(key, 0.99).toFixed(2)])
  say(`\n${table([['', 'p50 ms', 'p99 ms'], ...rows])}\n`)
  const added = requests.map(([name]) => ({
    what: `${name}: ms that the door adds to the median`,
    measured: ms(`${name} at the door`, 0.5) - ms(`${name} at the API`, 0.5),
    aim: 3,
  }))
  say(aimsTable(added))
}
