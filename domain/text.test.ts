import { describe, expect, test } from 'vitest'
import { faultyTexts, isLine, isPlainLine, isText } from './text.ts'

describe('N-54 text', () => {
  test.each<[string, string, boolean, boolean, boolean]>([
    ['a name', 'Ada', true, true, true],
    ['nothing', '', true, false, false],
    ['two lines', 'a\nb', true, false, false],
    ['a line separator', 'a\u2028b', true, false, false],
    ['NUL', 'a\u0000', false, false, false],
    ['a bell', 'a\u0007', false, false, false],
    ['half a pair', 'a\ud83d', false, false, false],
    ['a blank at the end', 'Ada ', true, true, false],
    ['something invisible', 'A\u200dda', true, true, false],
    ['an accent of its own', 'e\u0301', true, true, false],
  ])('N-54 %s', (_, value, text, line, plain) => {
    expect([isText(value), isLine(value), isPlainLine(value)]).toEqual([text, line, plain])
  })

  test('N-54 is looked at in values and in names, wherever they are, up to a limit', () => {
    const value = { a: ['good', 'b\u0000', 7, null], 'c/d~e': { 'f\u0007': 'x' } }
    expect(faultyTexts(value).map(({ pointer }) => pointer)).toEqual(['/a/1', '/c~1d~0e/'])
    expect(faultyTexts('\u0000')).toMatchObject([{ pointer: '' }])
    expect(faultyTexts(Array.from({ length: 50 }, () => '\u0000'))).toHaveLength(20)
  })

  test('N-54 nested deeper than anybody nests is refused, without an end to the call stack', () => {
    let value: unknown = 'x'
    for (let depth = 0; depth < 100_000; depth += 1) value = [value]
    expect(faultyTexts(value)).toMatchObject([{ message: 'is nested more than 64 times' }])
  })
})
