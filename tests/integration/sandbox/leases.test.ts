import { describe, expect, it } from 'vitest'
import { call } from './harness.ts'
import { base, day, release, reserve, stocked, update } from './stock.ts'

describe('a lease [S-01]', () => {
  const seat = [{ unit_id: 'A1' }]
  const stockedSeat = () => stocked({ unit_id: 'A1', kind: 'seat' })

  it('reserved twice under one lock gives the first answer, and other items are refused', async () => {
    const { sandbox } = await stockedSeat()
    const first = await reserve(sandbox, 'b', seat)
    expect(await reserve(sandbox, 'b', seat)).toMatchObject({ status: 201, body: first.body })
    expect((await reserve(sandbox, 'b', [{ unit_id: 'A2' }])).body.code).toBe('idempotency_mismatch')
  })

  it('reserved, released, and reserved once more by a repeat of the first call under its key stays released', async () => {
    const { sandbox } = await stockedSeat()
    const first = await reserve(sandbox, 'b', seat, 'b:hold:1')
    await release(sandbox, 'b')
    expect((await reserve(sandbox, 'b', seat, 'b:hold:1')).body).toEqual(first.body)
    expect((await reserve(sandbox, 'other', seat)).status).toBe(201)
  })

  it('may be taken over when it has lapsed, and then cannot be committed', async () => {
    const { sandbox, clock } = await stockedSeat()
    await reserve(sandbox, 'slow', seat)
    clock.time = Date.parse(day(1)) - 1
    expect((await reserve(sandbox, 'quick', seat)).status).toBe(409)
    clock.time = Date.parse(day(1))
    const body = { lock_id: 'quick', expires_at: day(2), items: [{ item_id: 'i1', offering_id: 'o', unit_id: 'A1' }] }
    expect((await call(sandbox, 'POST', `${base}/reserve`, body)).status).toBe(201)
    expect(await update(sandbox, 'slow', 'committed')).toMatchObject({ status: 409, body: { code: 'claim_lost' } })
    expect((await update(sandbox, 'quick', 'committed')).status).toBe(200)
  })

  it('that lapsed is committed after all when its units are still free', async () => {
    const { sandbox, clock } = await stockedSeat()
    await reserve(sandbox, 'b', seat)
    clock.time = Date.parse(day(5))
    expect(await update(sandbox, 'b', 'committed')).toMatchObject({
      status: 200,
      body: { lock_id: 'b', state: 'committed', expires_at: null },
    })
    expect((await reserve(sandbox, 'other', seat)).status).toBe(409)
  })

  it('can be extended, and a late extension does not undo a commit', async () => {
    const { sandbox, clock } = await stockedSeat()
    await reserve(sandbox, 'b', seat)
    expect((await update(sandbox, 'b', 'held', day(3))).body).toEqual({
      lock_id: 'b',
      state: 'held',
      expires_at: day(3),
    })
    clock.time = Date.parse(day(2))
    expect((await reserve(sandbox, 'other', seat)).status).toBe(409)
    await update(sandbox, 'b', 'committed')
    expect((await update(sandbox, 'b', 'held', day(3))).body).toMatchObject({ state: 'committed' })
    clock.time = Date.parse(day(9))
    expect((await reserve(sandbox, 'other', seat)).status).toBe(409)
  })

  it('is released whole or in part, and releasing what is gone releases 0', async () => {
    const { sandbox } = await stocked({ unit_id: 'A1', kind: 'seat' }, { unit_id: 'A2', kind: 'seat' })
    await reserve(sandbox, 'b', [{ unit_id: 'A1' }, { unit_id: 'A2' }])
    await update(sandbox, 'b', 'committed')
    expect((await release(sandbox, 'b', ['i1'])).body).toEqual({ lock_id: 'b', released: 1 })
    expect((await reserve(sandbox, 'other', [{ unit_id: 'A1' }])).status).toBe(201)
    expect((await release(sandbox, 'b')).body).toEqual({ lock_id: 'b', released: 1 })
    expect((await release(sandbox, 'b')).body).toEqual({ lock_id: 'b', released: 0 })
    expect((await update(sandbox, 'b', 'committed')).status).toBe(404)
    expect((await reserve(sandbox, 'b', [{ unit_id: 'A2' }])).status).toBe(201)
  })
})
