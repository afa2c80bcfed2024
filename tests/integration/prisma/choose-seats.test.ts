import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDesk, type Desk } from './desk.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
})
afterAll(() => desk.close())

type Asked = { count?: number; adjacent?: boolean; section?: string | null }

/** A hall of rows drawn as text: `.` a free seat, `x` a taken one, `#` a blocked one, ` ` none; seats are numbered from 1. */
async function hall(rows: Record<string, string>, { step = 1, section = null as string | null } = {}): Promise<string> {
  const id = `hall-${randomUUID().slice(0, 8)}`
  const seats = Object.entries(rows).flatMap(([row, text]) =>
    text
      .split('')
      .flatMap((mark, index) => (mark === ' ' ? [] : [{ id: `${row}-${1 + index * step}`, row, section, mark }])),
  )
  await desk.offer(
    'seat',
    seats.map(({ id: seat, row, mark, section: part }) => ({
      id: seat,
      label: seat,
      row,
      section: part,
      blocked: mark === '#',
    })),
    id,
  )
  for (const { id: seat } of seats.filter(({ mark }) => mark === 'x')) {
    await desk.sql.query(
      `INSERT INTO claims (lock_id, item_id, offering_id, unit_id, resource, mechanism, quantity, state, expires_at, lapses_at)
       SELECT gen_random_uuid(), '1', offering_id, id, resource, mechanism, 1, 'held', now() + interval '1 h', now() + interval '1 h'
       FROM units WHERE offering_id = $1 AND id = $2`,
      [id, seat],
    )
  }
  return id
}

async function chosen(id: string, { count = 1, adjacent = false, section = null }: Asked): Promise<string[] | null> {
  const { rows } = await desk.sql.query<{ seats: string[] | null }>(
    `SELECT choose_seats($1, $2, $3, $4, NULL, '{}') AS seats`,
    [id, section, count, adjacent],
  )
  return rows[0]?.seats ?? null
}

describe('R-07 the best seats that are free', () => {
  test.each<[string, Record<string, string>, Asked, string[] | null]>([
    ['are the first of the front row', { A: '....', B: '....' }, { count: 2 }, ['A-1', 'A-2']],
    ['rows come in their natural order', { AA: '..', B: '..' }, { count: 2 }, ['B-1', 'B-2']],
    ['and so do numbers', { A: 'xxxxxxxx....' }, { count: 2 }, ['A-9', 'A-10']],
    ['are side by side, though single ones are nearer', { A: '.x.x', B: '..' }, { count: 2 }, ['B-1', 'B-2']],
    ['leave no single seat over', { A: '...', B: '....' }, { count: 2 }, ['B-1', 'B-2']],
    ['leave one over where it cannot be avoided', { A: '...' }, { count: 2 }, ['A-1', 'A-2']],
    ['one seat fills a gap', { A: '..x.', B: '..' }, { count: 1 }, ['A-4']],
    [
      'begin in the middle of a row where its ends would be left alone',
      { A: '.....' },
      { count: 4 },
      ['A-1', 'A-2', 'A-3', 'A-4'],
    ],
    ['are no neighbours over a seat that is not there', { A: '. .', B: '..' }, { count: 2 }, ['B-1', 'B-2']],
    ['are no neighbours over a blocked one', { A: '.#.', B: '..' }, { count: 2 }, ['B-1', 'B-2']],
    [
      'are as near as can be where no block is large enough',
      { A: '..x..', B: '.' },
      { count: 3 },
      ['A-1', 'A-2', 'B-1'],
    ],
    ['not at all where they must be side by side', { A: '..x..' }, { count: 3, adjacent: true }, null],
    ['not at all where too few are free', { A: '..x' }, { count: 3 }, null],
    ['not where everything is taken', { A: 'xx' }, {}, null],
  ])('%s', async (_, rows, asked, seats) => {
    expect(await chosen(await hall(rows), asked)).toEqual(seats)
  })

  test('odd and even on two sides: neighbours are two apart', async () => {
    expect(await chosen(await hall({ A: '...' }, { step: 2 }), { count: 2, adjacent: true })).toEqual(['A-1', 'A-3'])
  })

  test('in the section that is asked for', async () => {
    const id = await hall({ A: '..' }, { section: 'stalls' })
    expect(await chosen(id, { count: 2, section: 'stalls' })).toEqual(['A-1', 'A-2'])
    expect(await chosen(id, { section: 'balcony' })).toBeNull()
  })

  test('without rows and labels the text before the number is the row', async () => {
    const id = `hall-${randomUUID().slice(0, 8)}`
    await desk.offer(
      'seat',
      ['B2', 'B1', 'A1', 'A3'].map((seat) => ({ id: seat, label: null, row: null })),
      id,
    )
    expect(await chosen(id, { count: 2 })).toEqual(['B1', 'B2'])
  })

  test('a hundred seats go in fifty adjacent pairs, whatever the rows', async () => {
    const id = await hall({ A: '.'.repeat(30), B: '.'.repeat(50), C: '.'.repeat(20) })
    const pairs = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const items = [1, 2].map((item) => ({
          item_id: String(item),
          offering_id: id,
          unit_id: null,
          quantity: 1,
          seats: { group: '1', adjacent: true, section: null },
        }))
        try {
          const { rows } = await desk.db.$queryRaw<{ item_id: string; unit_id: string }[]>`
            SELECT u.* FROM jsonb_to_recordset(choose_units(${randomUUID()}::uuid, ${JSON.stringify(items)}::jsonb, 3600)) AS u (item_id text, unit_id text)`.then(
            (found) => ({ rows: found }),
          )
          return rows.map(({ unit_id }) => unit_id)
        } catch (error) {
          expect(String(error)).toContain('sold out')
          return null
        }
      }),
    )
    const won = pairs.flatMap((pair) => (pair === null ? [] : [pair]))
    expect(won).toHaveLength(50)
    expect(new Set(won.flat()).size).toBe(100)
    for (const pair of won) {
      const [one = '', two = ''] = pair.map((seat) => seat.slice(2)).toSorted((a, b) => Number(a) - Number(b))
      expect([pair[0]?.slice(0, 1), Number(two) - Number(one)]).toEqual([pair[1]?.slice(0, 1), 1])
    }
  })
})
