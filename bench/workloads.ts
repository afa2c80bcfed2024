import { randomUUID } from 'node:crypto'
import { WithStartWorkflowOperation } from '@temporalio/client'
import { expectOk, send } from '../stack/client.ts'
import type { Site } from './site.ts'
import { held, paid } from './workflows/index.ts'

/** One kind of work: `once` does it and says how long its first answer took. */
export type Workload = { readonly name: string; once(n: number): Promise<{ firstAnswerMs: number; id?: string }> }

/** The floor: start an empty workflow and wait for its result. */
export function emptyWorkflow({ temporal, baselineQueue }: Site): Workload {
  return {
    name: 'empty workflow',
    async once() {
      const began = performance.now()
      await temporal.workflow.execute('empty', { workflowId: randomUUID(), taskQueue: baselineQueue })
      return { firstAnswerMs: performance.now() - began }
    },
  }
}

/** A booking's skeleton without a booking: update-with-start, two local activities that do nothing, a timer, an update. */
export function bareSaga({ temporal, baselineQueue }: Site): Workload {
  return {
    name: 'bare saga',
    async once() {
      const workflowId = randomUUID()
      const began = performance.now()
      const startWorkflowOperation = new WithStartWorkflowOperation('bareSaga', {
        workflowId,
        taskQueue: baselineQueue,
        args: [],
        workflowIdConflictPolicy: 'USE_EXISTING',
      })
      await temporal.workflow.executeUpdateWithStart(held, { startWorkflowOperation, updateId: 'held' })
      const firstAnswerMs = performance.now() - began
      await temporal.workflow.getHandle(workflowId).executeUpdate(paid, { updateId: 'paid' })
      return { firstAnswerMs }
    },
  }
}

/** The product, over HTTP: hold, pay at the sandbox, and wait until the webhook has confirmed it. */
export async function realBooking(site: Site, capture: 'automatic' | 'manual'): Promise<Workload> {
  const offering = `bench-${capture}`
  await loadSlot(site, offering, 1_000_000, { capture })
  const customer = await site.login('customer', 'bench')
  return {
    name: `booking, ${capture} capture`,
    async once() {
      const began = performance.now()
      const order = { profile: 'clinic', items: [{ offering_id: offering, unit_id: 'slot' }] }
      const booking = expectOk(await customer('POST', '/bookings', order), 'holding') as Held
      const firstAnswerMs = performance.now() - began
      await payAndConfirm(site, booking)
      return { firstAnswerMs, id: booking.id }
    },
  }
}

/** Answers for what is sold out: no workflow, one look at the database. */
export async function soldOut(site: Site): Promise<Workload> {
  await loadSlot(site, 'bench-sold-out', 1, {})
  const customer = await site.login('customer', 'bench')
  const order = { profile: 'clinic', items: [{ offering_id: 'bench-sold-out', unit_id: 'slot' }] }
  const booking = expectOk(await customer('POST', '/bookings', order), 'holding the only place') as Held
  await payAndConfirm(site, booking)
  return {
    name: 'sold-out answer',
    async once() {
      const began = performance.now()
      const { status } = await customer('POST', '/bookings', order)
      if (status !== 409) throw new Error(`the sold-out slot answered ${status}`)
      return { firstAnswerMs: performance.now() - began }
    },
  }
}

type Held = { readonly id: string; readonly payment: { readonly intent_id: string; readonly client_secret: string } }

async function payAndConfirm({ urls, confirmed }: Site, { id, payment }: Held): Promise<void> {
  const url = `${urls.sandbox}/api/v1/payments/intents/${payment.intent_id}/confirm`
  expectOk(await send('POST', url, { client_secret: payment.client_secret, payment_method: 'pm_card_visa' }), 'paying')
  await confirmed(id)
}

/** Loads a clinic's offering with one slot of a capacity. */
export async function loadSlot(site: Site, id: string, capacity: number, policy: object): Promise<void> {
  const operator = await site.login('operator', 'bench-operator')
  const start = new Date(Date.now() + 30 * 86_400_000).toISOString()
  const end = new Date(Date.now() + 30 * 86_400_000 + 1_800_000).toISOString()
  const offering = {
    profile: 'clinic',
    name: id,
    price: { amount: 15_000, currency: 'USD' },
    duration_minutes: 30,
    policy,
  }
  expectOk(await operator('PUT', `/offerings/${id}`, offering), 'loading')
  expectOk(
    await operator('PUT', `/offerings/${id}/units`, { units: [{ id: 'slot', kind: 'slot', start, end, capacity }] }),
    'loading',
  )
}
