import { describe, expect, test } from 'vitest'
import { afterSecondTry, countsOf, failedFiles, inWords, total, type FileCount } from '../../stack/counts.ts'

const file = (path: string | null, passed: number, failed: number, ...skipped: string[]): FileCount => ({
  path,
  passed,
  failures: Array.from({ length: failed }, (_, index) => `${path}: test ${index + 1}: it said no`),
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

  test('are read from the report, each failure with the beginning of what it said', () => {
    const counts = countsOf(
      {
        testResults: [
          {
            name: '/here/tests/a.test.ts',
            status: 'failed',
            message: '',
            assertionResults: [
              { fullName: 'a good one', status: 'passed' },
              {
                fullName: 'a bad one',
                status: 'failed',
                failureMessages: [
                  '\u001b[31mError: expected 1\u001b[39m\n  to be 2\n    at file:///here/tests/a.test.ts:3:4',
                ],
              },
              { fullName: 'one for later', status: 'skipped' },
            ],
          },
          { name: '/here/tests/b.test.ts', status: 'failed', message: 'Cannot find module', assertionResults: [] },
        ],
      },
      '/here',
    )
    expect(counts).toEqual([
      {
        path: 'tests/a.test.ts',
        passed: 1,
        failures: ['tests/a.test.ts: a bad one: Error: expected 1 to be 2'],
        skipped: ['one for later'],
      },
      { path: 'tests/b.test.ts', passed: 0, failures: ['tests/b.test.ts: Cannot find module'], skipped: [] },
    ])
  })
})
