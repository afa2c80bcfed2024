import { credentials } from '@grpc/grpc-js'
import { describe, expect, inject, test } from 'vitest'
import { OrderServiceClient } from '../../api/grpc/generated/order_service.ts'
import { DOORS } from '../../stack/settings.ts'
import { tokenFor } from '../../stack/sandbox-token.ts'
import { caller } from '../support/caller.ts'
import { promised } from '../support/grpc.ts'
import { inDays, unique } from './cast.ts'

describe('Five teams put Holdfast in the place of their own service: npm start -- --doors', () => {
  const { doors = {}, sandbox } = inject('stack')

  test('F-07 every door has a port of its own, and says where', () => {
    expect(Object.keys(doors)).toEqual([...DOORS])
    expect(new Set(Object.values(doors)).size).toBe(DOORS.length)
  })

  test.each(DOORS.filter((name) => name !== 'course'))(
    'F-07 the %s door is at the root of its port: health, document, reference, and nothing of another door',
    async (name) => {
      const base = doors[name]!
      expect((await fetch(`${base}/health`)).status).toBe(200)
      const { info } = (await (await fetch(`${base}/openapi.json`)).json()) as { info: { title: string } }
      expect(info.title).toBe(`Holdfast, the ${name} door`)
      expect((await fetch(`${base}/docs`)).status).toBe(200)
      expect((await fetch(`${base}/docs/swagger-ui.css`)).status).toBe(200)
      expect((await fetch(`${base}/doors/${name}/health`)).status).toBeGreaterThanOrEqual(400)
    },
  )

  test('F-01 F-07 a student books the demo’s tutor with a base URL and a token, with and without the slash', async () => {
    const student = caller(doors['tutoring']!, '42', await tokenFor(sandbox, { role: 'student', sub: '42' }))
    const wish = { tutor_id: 7, scheduled_start: inDays(20), scheduled_end: inDays(20, 1), subject: 'Algebra' }
    const made = await student.post('/api/bookings/', wish)
    expect(made).toMatchObject({ status: 201, body: { student_id: 42, tutor_id: 7, status: 'pending' } })
    const again = await student.post('/api/bookings', wish)
    expect(again).toMatchObject({ status: 400, body: { detail: 'Tutor is not available at this time' } })
    await student.post(`/api/bookings/${String(made.body['id'])}/cancel`, {})
  })

  test('F-05 F-07 COURSE_PORT has the document’s order service', async () => {
    const buyer = unique('ada')
    const token = await tokenFor(sandbox, { role: 'customer', sub: buyer })
    const address = doors['course']!.replace('grpc://', '')
    const orders = promised(new OrderServiceClient(address, credentials.createInsecure()), `Bearer ${token}`)
    const { order } = await orders.createOrder({ items: [{ course_id: 'demo-course' }] })
    expect(order).toMatchObject({ user_id: buyer, status: 'ORDER_STATUS_PAYMENT_INITIATED' })
    await orders.cancelOrder({ order_id: order!.order_id })
  })
})
