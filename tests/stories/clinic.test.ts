import { beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { bankStatement, inDays, outside, pays, person, unique, type Person } from './cast.ts'

describe('A pet clinic: Rina brings Milo to an operation that a vet must approve', () => {
  const [operation, clinic, milo] = [unique('operation'), unique('clinic'), unique('milo')]
  let rina: Person
  let olga: Person
  let reservation: { reservation_id: string; lock_id: string; status: string }
  let visit: BookingBody
  beforeAll(async () => {
    ;[rina, olga] = [await person('customer', unique('rina')), await person('operator', 'olga')]
  })

  test('C-01 the clinic offers the operation, with one slot of a vet, after approval', async () => {
    await outside().put(`/control/pets/${milo}`, { owner_id: rina.id, name: 'Milo', species: 'cat', breed: null })
    await olga.sets(`/offerings/${operation}`, {
      profile: 'clinic',
      name: 'Operation',
      venue: { id: clinic, type: 'clinic', name: 'Paws' },
      price: { amount: 150_000_000, currency: 'IDR' },
      duration_minutes: 60,
      requires_approval: true,
    })
    const slot = { id: 'monday', kind: 'slot', start: inDays(6), end: inDays(6, 1), staff_id: 'vet-1', capacity: 1 }
    await olga.sets(`/offerings/${operation}/units`, { units: [slot] })
    const { services } = await rina.sees<{ services: { id: string }[] }>(`/clinics/${clinic}/services`)
    expect(services).toMatchObject([{ id: operation }])
    const { slots } = await rina.sees<{ slots: object[] }>(`/services/${operation}/slots`)
    expect(slots).toMatchObject([{ id: 'monday', status: 'available', staff_id: 'vet-1', capacity: 1 }])
  })

  test('A-11 C-02 Rina reserves the slot for Milo; nothing is to be paid yet', async () => {
    const items = [{ offering_id: operation, unit_id: 'monday' }]
    reservation = await rina.does<typeof reservation>('/reservations', { profile: 'clinic', pet_id: milo, items })
    expect(reservation).toMatchObject({ status: 'pending' })
    expect(reservation.lock_id).toBeTruthy()
  })

  test('C-02 she confirms the reservation: it is a booking with a reference of at most 20 characters, to be paid', async () => {
    await rina.does(`/reservations/${reservation.reservation_id}/confirm`)
    visit = await rina.waitsFor({ id: reservation.reservation_id }, { status: 'pending', waiting_for: 'payment' })
    expect(visit.reference.length).toBeLessThanOrEqual(20)
    expect(visit.snapshots).toMatchObject({ pet: { name: 'Milo' } })
  })

  test('C-04 her card is authorised; not a rupiah is taken before the vet says yes', async () => {
    await pays(visit)
    await rina.waitsFor(visit, { status: 'awaiting_approval', waiting_for: 'approval' })
    expect(await bankStatement(visit)).toEqual({ taken: 0, given: 0 })
    await olga.does(`/bookings/${visit.id}/status`, { action: 'approve' })
    visit = await rina.waitsFor(visit, { status: 'confirmed' })
    expect(await bankStatement(visit)).toEqual({ taken: 150_000_000, given: 0 })
  })

  test('C-08 C-09 she is told, and will be reminded', async () => {
    const told = () => rina.sees<{ notifications: { booking_id: string }[] }>('/notifications')
    await expect.poll(async () => (await told()).notifications.length, { timeout: 20_000 }).toBeGreaterThan(0)
    const { reminders } = await rina.sees<{ reminders: { reminder_type: string }[] }>(`/bookings/${visit.id}/reminders`)
    expect(reminders.map(({ reminder_type: type }) => type).toSorted()).toEqual([
      'check_in',
      'follow_up',
      'review_request',
      'upcoming',
    ])
  })

  test('C-04 the day comes: Milo is operated on', async () => {
    for (const action of ['start', 'complete'])
      await olga.does(`/bookings/${visit.id}/status`, { action, reason: 'came early' })
    await rina.waitsFor(visit, { status: 'completed' })
  })

  test('A-16 C-07 Rina reviews the visit; the clinic publishes it for all to read', async () => {
    const review = await rina.does<{ id: string }>(`/bookings/${visit.id}/reviews`, {
      rating: 5,
      comment: 'Milo is well.',
    })
    await olga.does(`/reviews/${review.id}/publish`)
    const { reviews } = await rina.sees<{ reviews: object[] }>(`/services/${operation}/reviews`)
    expect(reviews).toMatchObject([{ rating: 5, comment: 'Milo is well.', is_verified: true }])
  })

  test('A-14 support reads the whole story in plain words', async () => {
    const { entries } = await olga.sees<{ entries: { text: string }[] }>(`/bookings/${visit.id}/timeline`)
    expect(entries.length).toBeGreaterThan(5)
  })
})
