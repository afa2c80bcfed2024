import { describe, expect, it } from 'vitest'
import { call } from './harness.ts'
import { base, chosen, day, reserve, stocked } from './stock.ts'

describe('a seat [S-01]', () => {
  it('goes to exactly one of 100 who ask at once', async () => {
    const { sandbox } = await stocked({ unit_id: 'A1', kind: 'seat' })
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, buyer) => reserve(sandbox, `b${buyer}`, [{ unit_id: 'A1' }])),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(answers.filter(({ status, body }) => status === 409 && body.code === 'sold_out')).toHaveLength(99)
  })

  it('is all or nothing with the others of its booking, and the answer names what is gone', async () => {
    const { sandbox } = await stocked({ unit_id: 'A1', kind: 'seat' }, { unit_id: 'A2', kind: 'seat' })
    await reserve(sandbox, 'first', [{ unit_id: 'A2' }])
    const both = await reserve(sandbox, 'second', [{ unit_id: 'A1' }, { unit_id: 'A2' }])
    expect(both).toMatchObject({ status: 409, body: { code: 'sold_out', item_ids: ['i2'] } })
    expect((await reserve(sandbox, 'third', [{ unit_id: 'A1' }])).status).toBe(201)
  })

  it('is not sold twice within one booking, nor two of it', async () => {
    const { sandbox } = await stocked({ unit_id: 'A1', kind: 'seat' })
    expect((await reserve(sandbox, 'b', [{ unit_id: 'A1' }, { unit_id: 'A1' }])).body.item_ids).toEqual(['i2'])
    expect(await reserve(sandbox, 'b', [{ unit_id: 'A1', quantity: 2 }])).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/items/0/quantity' }] },
    })
  })

  it('that does not exist is sold out', async () => {
    const { sandbox } = await stocked()
    expect((await reserve(sandbox, 'b', [{ unit_id: 'Z9' }])).body.code).toBe('sold_out')
  })
})

describe('a slot [S-01]', () => {
  it('counts up to its capacity', async () => {
    const { sandbox } = await stocked({ unit_id: 's', kind: 'slot', capacity: 5 })
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => reserve(sandbox, `b${n}`, [{ unit_id: 's', quantity: 2 }])),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(2)
    expect((await reserve(sandbox, 'last', [{ unit_id: 's' }])).status).toBe(201)
    expect((await reserve(sandbox, 'late', [{ unit_id: 's' }])).status).toBe(409)
  })

  it('counts the items of one booking together', async () => {
    const { sandbox } = await stocked({ unit_id: 's', kind: 'slot', capacity: 3 })
    const answer = await reserve(sandbox, 'b', [
      { unit_id: 's', quantity: 2 },
      { unit_id: 's', quantity: 2 },
    ])
    expect(answer.body.item_ids).toEqual(['i2'])
  })
})

describe('a range [S-01]', () => {
  it.each([
    { name: 'before, touching', from: 8, to: 10, status: 201 },
    { name: 'after, touching', from: 12, to: 13, status: 201 },
    { name: 'over the start', from: 9, to: 11, status: 409 },
    { name: 'over the end', from: 11, to: 13, status: 409 },
    { name: 'inside', from: 10, to: 11, status: 409 },
    { name: 'around', from: 9, to: 13, status: 409 },
    { name: 'the same', from: 10, to: 12, status: 409 },
  ])('from 10 to 12 against one $name answers $status', async ({ from, to, status }) => {
    const { sandbox } = await stocked({ unit_id: 'ana', kind: 'range' })
    await reserve(sandbox, 'first', [{ unit_id: 'ana', start: day(10), end: day(12) }])
    const second = await reserve(sandbox, 'second', [{ unit_id: 'ana', start: day(from), end: day(to) }])
    expect(second.status).toBe(status)
  })

  it('needs a time', async () => {
    const { sandbox } = await stocked({ unit_id: 'ana', kind: 'range' })
    expect(await reserve(sandbox, 'b', [{ unit_id: 'ana' }])).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/items/0/start' }] },
    })
  })

  it('without a unit takes the free one that fits best, then the first by id', async () => {
    const table = { kind: 'range' }
    const { sandbox } = await stocked(
      { ...table, unit_id: 'any' },
      { ...table, unit_id: 't8', min_party: 5, max_party: 8 },
      { ...table, unit_id: 't4b', max_party: 4 },
      { ...table, unit_id: 't4a', max_party: 4 },
      { ...table, unit_id: 't2', max_party: 2 },
    )
    const dinner = (party_size: number) => ({ party_size, start: day(18), end: day(20) })
    expect(chosen(await reserve(sandbox, 'b1', [dinner(3)]))).toEqual(['t4a'])
    expect(chosen(await reserve(sandbox, 'b2', [dinner(2), dinner(2), dinner(2)]))).toEqual(['t2', 't4b', 'any'])
    expect((await reserve(sandbox, 'b3', [dinner(2)])).status).toBe(409)
    expect(chosen(await reserve(sandbox, 'b4', [dinner(8)]))).toEqual(['t8'])
    expect((await reserve(sandbox, 'b5', [{ ...dinner(9), unit_id: 't8' }])).status).toBe(409)
  })

  it('places items that name their unit before those that do not', async () => {
    const { sandbox } = await stocked(
      { unit_id: 'r1', kind: 'range', max_party: 2 },
      { unit_id: 'r2', kind: 'range', max_party: 2 },
    )
    const stay = { start: day(10), end: day(12) }
    expect(chosen(await reserve(sandbox, 'b', [stay, { ...stay, unit_id: 'r1' }]))).toEqual(['r2', 'r1'])
  })
})

it('checking says what is free and who is in the way, and holds nothing [S-01]', async () => {
  const { sandbox } = await stocked({ unit_id: 'ana', kind: 'range' }, { unit_id: 'A1', kind: 'seat' })
  await reserve(sandbox, 'b', [{ unit_id: 'ana', start: day(10), end: day(12) }])
  const items = [
    { item_id: 'x', offering_id: 'o', unit_id: 'ana', start: day(11), end: day(13) },
    { item_id: 'y', offering_id: 'o', unit_id: 'A1' },
  ]
  const check = () => call(sandbox, 'POST', `${base}/check-availability`, { items }, null)
  await check()
  expect((await check()).body).toEqual({
    items: [
      { item_id: 'x', available: false, conflicts: [{ unit_id: 'ana', start: day(10), end: day(12) }] },
      { item_id: 'y', available: true, conflicts: [] },
    ],
  })
})
