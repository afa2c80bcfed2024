import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UNIT_KINDS } from './booking.ts'
import { mechanismOf, resourceOf } from './offering.ts'

const offering = (id: string, provider: string | null, venue: string | null) => ({
  id,
  provider: provider === null ? null : { id: provider, name: null },
  venue: venue === null ? null : { id: venue, type: null, name: null },
})

test('every kind of unit is guarded by one of the three mechanisms', () => {
  expect(UNIT_KINDS.map((kind) => [kind, mechanismOf(kind)])).toEqual([
    ['seat', 'unique'],
    ['slot', 'counter'],
    ['calendar', 'range'],
    ['table', 'range'],
    ['room', 'range'],
    ['enrolment', 'counter'],
  ])
})

describe('what a claim is made on', () => {
  const calendar = { id: 'tim', kind: 'calendar' } as const
  const table = { id: 't4', kind: 'table' } as const
  const seat = { id: 'A1', kind: 'seat' } as const

  test('T-01 a tutor of two subjects has one calendar', () => {
    expect(resourceOf(offering('maths', 'tim', null), calendar)).toBe(
      resourceOf(offering('music', 'tim', null), calendar),
    )
  })

  test('T-01 a tutor who teaches at two places still has one calendar', () => {
    const [here, there] = [offering('maths', 'tim', 'library'), offering('maths-2', 'tim', 'school')]
    expect(resourceOf(here, calendar)).toBe(resourceOf(there, calendar))
    expect(resourceOf(here, calendar)).toBe(resourceOf(offering('music', 'tim', null), calendar))
  })

  test('a table is the same at lunch and at dinner, and another one in another house', () => {
    expect(resourceOf(offering('lunch', 'chain', 'bistro'), table)).toBe(
      resourceOf(offering('dinner', null, 'bistro'), table),
    )
    expect(resourceOf(offering('lunch', 'chain', 'bistro'), table)).not.toBe(
      resourceOf(offering('lunch', 'chain', 'bar'), table),
    )
  })

  test('a seat is another one at every event', () => {
    expect(resourceOf(offering('friday', null, 'hall'), seat)).not.toBe(
      resourceOf(offering('sunday', null, 'hall'), seat),
    )
  })

  test('units that differ never share a resource, whatever their names are made of', () => {
    const name = fc.string({ unit: fc.constantFrom('a', '/', '%', ' ', '2', 'F'), minLength: 1, maxLength: 4 })
    const unit = fc.record({ id: name, kind: fc.constantFrom(...UNIT_KINDS) })
    fc.assert(
      fc.property(name, unit, name, unit, (offeringA, a, offeringB, b) => {
        const same = offeringA === offeringB && a.id === b.id && a.kind === b.kind
        expect(resourceOf(offering(offeringA, null, null), a) === resourceOf(offering(offeringB, null, null), b)).toBe(
          same,
        )
      }),
    )
  })
})
