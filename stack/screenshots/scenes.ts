import { expectOk, person, send } from '../client.ts'
import { dayAt } from '../demo-data.ts'
import { openStage, type Seen } from '../demo-stage.ts'
import type { OwnStack } from '../own-stack.ts'

/** A booking of each kind that the pictures show, by what it is in; the one that needs attention with the key of its refund. */
export type Scenes = { readonly attention: Seen & { readonly refundKey: string } } & Readonly<
  Record<
    'pending' | 'confirmed' | 'approval' | 'refundPending' | 'refunded' | 'expired' | 'displaced' | 'completed',
    Seen
  >
>

/** Loads what is to be booked, and plays a booking into each state that an operator meets. */
export async function playScenes(urls: OwnStack): Promise<Scenes> {
  const stage = await openStage(urls)
  const operator = await person(urls, { role: 'operator', sub: 'olga' })
  const by = async (role: string, sub: string, path: string, body: object): Promise<Seen> =>
    expectOk(await (await person(urls, { role, sub }))('POST', path, body), path) as Seen

  expectOk(
    await operator('PUT', '/offerings/demo-surgery', {
      profile: 'clinic',
      name: 'Surgery',
      venue: { id: 'demo-clinic', type: 'clinic', name: 'Paws' },
      price: { amount: 240_000_000, currency: 'IDR' },
      duration_minutes: 120,
      requires_approval: true,
    }),
    'the surgery',
  )
  const slot = { id: 'Monday', kind: 'slot', start: dayAt(9, 9), end: dayAt(9, 11), staff_id: 'demo-vet', capacity: 1 }
  expectOk(await operator('PUT', '/offerings/demo-surgery/units', { units: [slot] }), 'its slot')

  const seat = (sub: string, id: string) =>
    held(sub, { profile: 'ticketing', items: [{ offering_id: 'demo-event', unit_id: id }] })
  const dinner = (sub: string, days: number, hour: number) =>
    held(sub, {
      profile: 'venue',
      party_size: 2,
      items: [{ offering_id: 'demo-dinner', start: dayAt(days, hour) }],
    })
  async function held(sub: string, order: object): Promise<Seen> {
    return stage.hold(await stage.login(sub), order)
  }
  async function paid(sub: string, booking: Seen, status = 'confirmed'): Promise<Seen> {
    await stage.pay(booking, 'pm_card_visa')
    return stage.until(await stage.login(sub), booking, (seen) => seen.status === status, 30)
  }
  async function cancelled(sub: string, { id }: Seen, isSo: (seen: Seen) => boolean): Promise<Seen> {
    const customer = await stage.login(sub)
    for (let tries = 1; ; tries += 1) {
      const seen = expectOk(await customer('GET', `/bookings/${id}`), 'reading') as Seen
      const reply = await customer('POST', `/bookings/${id}/cancel`, { expected_version: seen.version })
      // It may still be moving on: an attempt to pay that is not needed any more is cancelled after the confirmation.
      if (reply.body['code'] === 'version_conflict' && tries < 10) continue
      expectOk(reply, 'cancelling')
      return stage.until(customer, seen, isSo, 30)
    }
  }
  const isBack = ({ refund }: Seen) => refund?.status === 'completed'

  // The list of a working day: what has gone well is most of it.
  for (const [index, id] of ['A-1', 'A-2', 'B-7', 'B-8', 'C-12', 'D-3'].entries()) {
    await paid(`guest-${index + 1}`, await seat(`guest-${index + 1}`, id))
  }
  const expired = await held('carla', {
    profile: 'ticketing',
    items: [{ offering_id: 'demo-flash-sale', unit_id: 'A-9' }],
  })
  await stage.until(await stage.login('carla'), expired, ({ status }) => status === 'expired', 30)
  const refunded = await cancelled('dora', await paid('dora', await lesson()), isBack)
  const completed = await paid('eve', await dinner('eve', 3, 18))
  const visit = (action: string, { version }: Seen) =>
    by('operator', 'olga', `/bookings/${completed.id}/status`, {
      action,
      reason: 'came early',
      expected_version: version,
    })
  await visit('complete', await visit('check_in', completed))
  const approval = await paid(
    'fred',
    await held('fred', { profile: 'clinic', items: [{ offering_id: 'demo-surgery', unit_id: 'Monday' }] }),
    'awaiting_approval',
  )
  const displaced = await paid('gina', await seat('gina', 'D-40'))
  expectOk(
    await operator('POST', '/units/D-40/block', { offering_id: 'demo-event', reason: 'broken seat', force: true }),
    'the broken seat',
  )
  const attention = await held('hugo', {
    profile: 'clinic',
    items: [{ offering_id: 'demo-vaccination', unit_id: `${dayAt(5, 9).slice(0, 13)}h` }],
  })
  await by('operator', 'olga', `/bookings/${attention.id}/operations`, {
    operation: 'confirm_by_hand',
    reason: 'cash at the desk, receipt 17',
  })
  const handPaid = await stage.until(await stage.login('hugo'), attention, ({ status }) => status === 'confirmed')
  await cancelled('hugo', handPaid, ({ refund }) => refund?.status === 'failed')
  const { history } = expectOk(await operator('GET', `/bookings/${attention.id}/history`), 'its history') as {
    history: { data: { key?: string } }[]
  }
  const refundKey = history.find(({ data }) => data.key !== undefined)?.data.key ?? ''
  const confirmed = await paid('ben', await dinner('ben', 12, 20))
  const toRefund = await paid('ivy', await dinner('ivy', 20, 19))
  // From here on the payment service gives nothing back: its refunds are tried again and again.
  const fault = { rules: [{ service: 'payments', operation: 'refund', status: 503 }] }
  expectOk(await send('PUT', `${urls.sandbox}/control/faults`, fault), 'the outage')
  const refundPending = await cancelled('ivy', toRefund, ({ refund }) => refund?.status === 'pending')
  const pending = await seat('ada', 'C-20')
  return {
    pending,
    confirmed,
    approval,
    attention: { ...attention, refundKey },
    refundPending,
    refunded,
    expired,
    displaced,
    completed,
  }

  function lesson(): Promise<Seen> {
    return held('dora', {
      profile: 'tutoring',
      subject: 'Algebra',
      items: [{ offering_id: 'demo-tutor', start: dayAt(8, 10), end: dayAt(8, 11) }],
    })
  }
}
