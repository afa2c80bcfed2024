import { describe, expect, test } from 'vitest'
import { withoutSecrets } from '../../api/kept-answers.ts'

const customer = { id: 'ada', name: 'Ada', email: 'ada@example.com', phone: '+41 1' }
const booking = {
  id: 'b-1',
  customer,
  payment: { id: 'p-1', intent_id: 'pi_1', client_secret: 'pi_1_secret' },
  change: { payment: { intent_id: 'pi_2', client_secret: 'pi_2_secret' } },
}

describe('N-62 what is kept of an answer', () => {
  test.each([
    ['a booking', booking],
    ['a reservation', { reservation_id: 'b-1', booking }],
    ['a refusal with the booking as it is', { code: 'version_conflict', booking }],
    ['a list', { bookings: [booking, booking] }],
    ['a webhook endpoint', { id: 'e-1', secret: 'whsec_pi_secret' }],
  ])('%s has no secret and no contact data', (_, answer) => {
    const kept = JSON.stringify(withoutSecrets(answer))
    expect(kept).not.toMatch(/pi_\d_secret|whsec_|@example|\+41/)
    expect(kept).toContain('left_out')
    expect(JSON.parse(kept)).toEqual(withoutSecrets(answer))
  })

  test('all else stays as it is', () => {
    const plain = {
      id: 'b-1',
      customer: { ...customer, email: null, phone: null },
      items: [{ id: '1' }],
      n: 1,
      no: null,
    }
    expect(withoutSecrets(plain)).toEqual(plain)
  })
})
