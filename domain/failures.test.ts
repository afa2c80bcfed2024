import { expect, test } from 'vitest'
import { FAILURE_CODES, isFailureCode, isUnavailable, Refused } from './failures.ts'

test('a refusal keeps its name, message and details when it is thrown', () => {
  const refused = new Refused({ code: 'sold_out', message: 'Gone.', details: { item_ids: ['1'] } })
  expect(refused).toMatchObject({ name: 'Refused', code: 'sold_out', message: 'Gone.', details: { item_ids: ['1'] } })
  expect(refused).toBeInstanceOf(Error)
})

test('a refusal without details has none, and a cause is kept', () => {
  const cause = new Error('why')
  const refused = new Refused({ code: 'unavailable', message: 'Later.' }, { cause })
  expect(refused.details).toEqual({})
  expect(refused.cause).toBe(cause)
})

test('only the product’s codes are failure codes', () => {
  for (const code of FAILURE_CODES) expect(isFailureCode(code)).toBe(true)
  for (const other of ['', 'units_lost', 'Sold_out', undefined, null, 0, {}]) expect(isFailureCode(other)).toBe(false)
  expect(new Set(FAILURE_CODES).size).toBe(FAILURE_CODES.length)
})

test('only that nobody answered is unavailable: every other refusal is an answer', () => {
  expect(isUnavailable(new Refused({ code: 'unavailable', message: 'Later.' }))).toBe(true)
  expect(isUnavailable(new Refused({ code: 'not_found', message: 'No.' }))).toBe(false)
  expect(isUnavailable(new Error('unavailable'))).toBe(false)
})
