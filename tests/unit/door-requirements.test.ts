import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { titlesOf } from '../support/titles.ts'

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(CHECKOUT, path), 'utf8')
const DOCUMENTS = readdirSync(join(CHECKOUT, 'docs/doors')).map((name) => name.replace('.md', ''))

/** A requirement of a document: the test that proves it and its file, or `not` and why not. */
type Requirement = { readonly n: number; readonly what: string; readonly test: string; readonly where: string }

function requirementsOf(door: string): Requirement[] {
  return read(`docs/doors/${door}.md`)
    .split('\n')
    .flatMap((line) => {
      const [, n = '', what = '', test = '', where = ''] = line.split('|').map((cell) => cell.trim())
      return /^\d+$/.test(n) ? [{ n: Number(n), what, test, where: where.replaceAll('`', '') }] : []
    })
}

const titles = new Map<string, readonly string[]>()
function titlesIn(file: string): readonly string[] {
  const known = titles.get(file) ?? titlesOf(read(file))
  titles.set(file, known)
  return known
}

/** Each line on which a client of a document once failed: five of them, and what they have in common. */
const LINES: Record<string, readonly string[]> = {
  all: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'],
  ...Object.fromEntries(
    Object.entries({ '000': 9, '001': 15, '002': 12, '003': 9, '004': 8 }).map(([seed, count]) => [
      seed,
      Array.from({ length: count }, (_, index) => String(index + 1)),
    ]),
  ),
}

test('F-07 every line on which a client once failed works, by a test that is there, or says what it needs or why not', () => {
  const rows = read('docs/doors.md')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter(([, line = '']) => /^(all|\d{3}) [a-z\d]+$/.test(line))
  const wanted = Object.entries(LINES).flatMap(([seed, lines]) => lines.map((line) => `${seed} ${line}`))
  expect([...new Set(rows.map(([, line]) => line))]).toEqual(wanted)
  const faults = rows.flatMap(([, line, , now = '', why = '', file = '']) => {
    if (!['works', 'setting', 'does not'].includes(now)) return [`${line} is neither: ${now}`]
    if (file === '') return now === 'works' || why.length < 40 ? [`${line}: ${now}, says who?`] : []
    const known = titlesIn(file.replaceAll('`', ''))
    return known.some((title) => title.includes(why)) ? [] : [`${line}: ${file} has no test “${why}”`]
  })
  expect(faults).toEqual([])
})

describe('what the documents of the doors ask for', () => {
  test('F-07 there is a table for each', () => {
    expect(DOCUMENTS.toSorted()).toEqual(['clinic', 'course', 'ticketing', 'tutoring', 'venue'])
  })

  test.each(DOCUMENTS)('F-07 %s: numbered without gaps, each with a test that is there, or with the reason', (door) => {
    const all = requirementsOf(door)
    expect(all.map(({ n }) => n)).toEqual(all.map((_, index) => index + 1))
    expect(all.length).toBeGreaterThan(30)
    expect(new Set(all.map(({ what }) => what)).size).toBe(all.length)
    const faults = all.flatMap(({ n, test: title, where }) => {
      if (title === 'not') return where.length > 20 ? [] : [`${n}: say why not`]
      return titlesIn(where).some((known) => known.includes(title)) ? [] : [`${n}: ${where} has no test “${title}”`]
    })
    expect(faults).toEqual([])
  })

  test.each(DOCUMENTS)('F-07 %s: at least 95 in 100 are proven, and docs/doors.md has the counts', (door) => {
    const all = requirementsOf(door)
    const proven = all.filter(({ test: title }) => title !== 'not').length
    expect(proven / all.length).toBeGreaterThanOrEqual(0.95)
    const [, visible, counted] =
      new RegExp(`^\\| \\[${door}\\].*?\\| (\\d+) \\| (\\d+) \\|`, 'm').exec(read('docs/doors.md')) ?? []
    expect({ door, visible: Number(visible), counted: Number(counted) }).toEqual({
      door,
      visible: all.length,
      counted: proven,
    })
  })
})
