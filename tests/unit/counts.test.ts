import { describe, expect, test } from 'vitest'
import { afterSecondTry, failedFiles, inWords, total, type FileCount } from '../../stack/counts.ts'

const file = (path: string | null, passed: number, failed: number, ...skipped: string[]): FileCount => ({
  path,
  passed,
  failed,
  skipped,
})

describe('the counts of a test run', () => {
  test('are said in one line, with what was skipped only when something was', () => {
    expect(inWords(total([file('a', 3, 0), file('b', 2, 1)]))).toBe('5 passed, 1 failed')
    expect(inWords(total([file('a', 3, 0, 'one', 'two')]))).toBe('3 passed, 0 failed, 2 skipped')
  })

  const first = [file('good', 5, 0), file('shaky', 1, 1), file('broken', 0, 2)]

  test('name the files to run once more, and nothing that failed outside every file', () => {
    expect(failedFiles([...first, file(null, 0, 1)])).toEqual(['shaky', 'broken'])
  })

  test.each([
    ['passes', [file('shaky', 2, 0), file('broken', 2, 0)], '9 passed, 0 failed', ['shaky', 'broken']],
    ['fails again', [file('shaky', 2, 0), file('broken', 1, 1)], '8 passed, 1 failed', ['shaky']],
    ['does not run again', [file('shaky', 2, 0)], '7 passed, 2 failed', ['shaky']],
    ['takes everything down', [file(null, 0, 1)], '6 passed, 4 failed', []],
  ])('a file that failed and %s the second time', (_, second, words, unsteady) => {
    const end = afterSecondTry(first, second)
    expect({ words: inWords(total(end.files)), unsteady: end.unsteady }).toEqual({ words, unsteady })
  })

  test('keep what failed outside every file, whatever a second try says', () => {
    const { files } = afterSecondTry([file(null, 0, 1), file('shaky', 0, 1)], [file('shaky', 1, 0)])
    expect(inWords(total(files))).toBe('1 passed, 1 failed')
  })
})
