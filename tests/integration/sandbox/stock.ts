import type { Sandbox } from '../../../services/sandbox/app.ts'
import { call, freshKey, openSandbox } from './harness.ts'

export const base = '/api/v1/inventory'
export const day = (hour: number) => `2030-05-01T${String(hour).padStart(2, '0')}:00:00.000Z`

interface Reserved {
  code: string
  item_ids: string[]
  items: Array<{ item_id: string; unit_id: string; quantity: number }>
}

/** A sandbox whose clock the test moves, with these units of offering 'o'. */
export async function stocked(...units: object[]) {
  const clock = { time: Date.parse(day(0)) }
  const sandbox = openSandbox({ now: () => new Date(clock.time) })
  const loaded = { units: units.map((unit) => ({ offering_id: 'o', ...unit })) }
  await call(sandbox, 'PUT', '/control/inventory/units', loaded)
  return { sandbox, clock }
}

/** Reserves one item per entry until 01:00, named i1, i2 and so on. */
export function reserve(sandbox: Sandbox, lock_id: string, items: object[], key = freshKey()) {
  const body = {
    lock_id,
    expires_at: day(1),
    items: items.map((item, index) => ({ item_id: `i${index + 1}`, offering_id: 'o', ...item })),
  }
  return call<Reserved>(sandbox, 'POST', `${base}/reserve`, body, key)
}

export function update(sandbox: Sandbox, lock_id: string, state: string, expires_at?: string) {
  return call(sandbox, 'POST', `${base}/update-reservation`, { lock_id, state, expires_at })
}

export function release(sandbox: Sandbox, lock_id: string, item_ids?: string[]) {
  return call(sandbox, 'POST', `${base}/release`, { lock_id, item_ids })
}

export const chosen = (answer: { body: Reserved }) => answer.body.items.map(({ unit_id }) => unit_id)
