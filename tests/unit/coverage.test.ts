import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { titlesOf } from '../support/titles.ts'

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url))
const TABLE = 'docs/coverage.md'
const ID = /\b[ACEFGHKNORSTVWX]-\d{2}\b/g

/** The numbers of the contract and of the hard cases, first to last: a line that is lost is missed. */
const NUMBERS: Record<string, readonly (readonly [first: number, last: number])[]> = {
  A: [
    [1, 25],
    [30, 36],
  ],
  G: [[1, 4]],
  S: [[1, 7]],
  K: [[1, 7]],
  T: [[1, 11]],
  C: [[1, 14]],
  E: [[1, 8]],
  V: [[1, 9]],
  O: [[1, 7]],
  X: [[1, 14]],
  H: [[1, 25]],
  R: [[1, 10]],
  F: [[1, 7]],
  W: [[1, 5]],
  // What broke when strangers used it: numbered by kind, with room between.
  N: [
    [1, 5],
    [10, 25],
    [30, 36],
    [40, 46],
    [50, 62],
    [70, 78],
    [80, 88],
  ],
}

type Row = {
  readonly line: number
  readonly id: string
  readonly state: string
  readonly note: string
  readonly files: readonly string[]
}

/** The rows of the table, in order. */
function rowsOf(markdown: string): Row[] {
  return markdown.split('\n').flatMap((text, index) => {
    const cells = text.split('|').map((cell) => cell.trim())
    const [, id = '', , state = '', files = ''] = cells
    if (!/^[A-Z]-\d{2}$/.test(id)) return []
    const [kind = '', ...note] = state.split(': ')
    return [{ line: index + 1, id, state: kind, note: note.join(': '), files: files.split(' ').filter(Boolean) }]
  })
}

const rows = rowsOf(readFileSync(join(CHECKOUT, TABLE), 'utf8'))

/** Which test files carry an ID, by ID. */
const carriers = new Map<string, Set<string>>()
for (const file of globSync('{domain,profiles,tests}/**/*.test.ts', { cwd: CHECKOUT })) {
  const path = file.replaceAll('\\', '/')
  // The titles within the example below are none.
  if (path === 'tests/unit/coverage.test.ts') continue
  for (const id of titlesOf(readFileSync(join(CHECKOUT, file), 'utf8'))
    .join(' ')
    .match(ID) ?? []) {
    carriers.set(id, (carriers.get(id) ?? new Set()).add(path))
  }
}

const at = ({ line, id }: Row) => `${TABLE}:${line} ${id}`
const carrying = (id: string) => [...(carriers.get(id) ?? [])].toSorted()

describe('the table of what is done', () => {
  test('has one line for every ID of the contract and of the hard cases', () => {
    const wanted = Object.entries(NUMBERS).flatMap(([letter, ranges]) =>
      ranges.flatMap(([first, last]) =>
        Array.from({ length: last - first + 1 }, (_, n) => `${letter}-${String(first + n).padStart(2, '0')}`),
      ),
    )
    expect(rows.map(({ id }) => id).toSorted()).toEqual(wanted.toSorted())
  })

  test('says of each whether it is done, in part with what is missing, or open with the issue that brings it', () => {
    const faults = rows.flatMap((row) => {
      if (!['done', 'part', 'open'].includes(row.state))
        return [`${at(row)}: the state is done, part or open, not ${row.state}`]
      if (row.state === 'part' && row.note === '') return [`${at(row)}: say what is missing: part: …`]
      if (row.state === 'open' && !/^issue \d+$/.test(row.note)) return [`${at(row)}: name the issue: open: issue 14`]
      if (row.state === 'done' && row.note !== '')
        return [`${at(row)}: something is missing, so it is part: ${row.note}`]
      return []
    })
    expect(faults).toEqual([])
  })

  test('names tests that are there and carry the ID in a title', () => {
    const faults = rows.flatMap((row) => {
      if (row.state === 'open') return []
      if (row.files.length === 0) {
        return [`${at(row)}: name a test, or set it to open; its ID is in ${carrying(row.id).join(' ') || 'no title'}`]
      }
      return row.files.flatMap((file) => {
        if (!existsSync(join(CHECKOUT, file))) return [`${at(row)}: there is no ${file}`]
        if (carrying(row.id).includes(file)) return []
        return [`${at(row)}: no title in ${file} has the ID; it is in ${carrying(row.id).join(' ') || 'no title'}`]
      })
    })
    expect(faults).toEqual([])
  })

  test('calls nothing open that has a test', () => {
    const faults = rows.flatMap((row) => {
      if (row.state !== 'open') return []
      const files = new Set([...row.files, ...carrying(row.id)])
      return files.size === 0 ? [] : [`${at(row)}: is it still open? It is in ${[...files].join(' ')}`]
    })
    expect(faults).toEqual([])
  })

  test('knows every ID that a title names', () => {
    const known = new Set(rows.map(({ id }) => id))
    const faults = [...carriers.keys()]
      .filter((id) => !known.has(id))
      .map((id) => `${carrying(id).join(' ')}: there is no ${id} in ${TABLE}: correct the title, or add the line`)
    expect(faults).toEqual([])
  })

  test('is compared with titles, however they are written, and with nothing else', () => {
    const example = `
      test('A-01 plain', () => expect('A-02').toBe(1))
      describe.skipIf(isMissing)(\`B \${isMissing ? '(needs A-03)' : 'A-04'} tail A-05\`, () => {
        it.each([['A-06', 1]])("A-07 %s", () => undefined)
        test.each\`a | b
        \${'A-08'} | \${2}\`('A-09 $a', () => undefined)
        test.skip('A-10', () => undefined)
      })
      // test('A-11 in a comment')
      other.test('A-12 of something else')`
    expect(titlesOf(example).join(' ').match(ID)).toEqual(['A-01', 'A-03', 'A-04', 'A-05', 'A-07', 'A-09', 'A-10'])
  })
})
