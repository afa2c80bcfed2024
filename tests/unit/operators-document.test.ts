import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { STATUS_LABELS } from '../../api/console/support/labels.ts'
import { DISCREPANCY_REASONS } from '../../domain/discrepancies.ts'
import { STATUSES } from '../../domain/lifecycle.ts'
import { overdue, PATIENCE_SECONDS } from '../../domain/effects.ts'
import { SAVED_QUERIES } from '../../temporal/saved-queries.ts'
import { commands } from '../../workflows/contract.ts'
import { ATTENTION_LABELS } from '../../workflows/labels.ts'

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(CHECKOUT, path), 'utf8')
const OPERATORS = read('docs/operators.md')
const DOCUMENTS = ['README.md', 'ARCHITECTURE.md', ...globSync('docs/**/*.md', { cwd: CHECKOUT })]

/** What the rows of the table under a heading begin with: `a`, or `a`, `b`. */
function rowsUnder(heading: string): string[] {
  const chapter = OPERATORS.split(/^#+ /m).find((text) => text.startsWith(`${heading}\n`)) ?? ''
  return [...chapter.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)].flatMap(([, names = '']) => names.match(/\w+/g) ?? [])
}

/** Every picture and link of a document, with the file it leads to. */
function linksOf(document: string): { target: string; file: string; anchor: string | undefined }[] {
  return [...read(document).matchAll(/\]\((?!https?:)([^)\s]*)\)/g)].map(([, target = '']) => {
    const [path = '', anchor] = target.split('#')
    return { target, file: path === '' ? document : join(dirname(document), path), anchor }
  })
}

const anchorsOf = (document: string) =>
  [...read(document).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )

describe('what operators read', () => {
  it('has the saved queries that the tests ask, word for word', () => {
    for (const { title, about, query } of Object.values(SAVED_QUERIES)) {
      expect(OPERATORS).toContain(`| ${title} | ${about} |`)
      expect(OPERATORS).toContain(`# ${title}\n${query}\n`)
    }
  })

  it('says of every reason that the code calls a person for what to do, in the document and where it is shown (X-10)', () => {
    const sources = globSync('{domain,workflows}/*.ts', { cwd: CHECKOUT }).filter((path) => !path.endsWith('.test.ts'))
    const raised = sources.flatMap((path) =>
      [...read(path).matchAll(/type: 'attention_raised',\s*reason: '(\w+)'/g)].map(([, reason = '']) => reason),
    )
    const types = Object.keys(PATIENCE_SECONDS) as (keyof typeof PATIENCE_SECONDS)[]
    const reasons = new Set([...raised, ...types.map(overdue), ...DISCREPANCY_REASONS])
    expect(reasons.size).toBeGreaterThanOrEqual(12)
    expect(Object.keys(ATTENTION_LABELS)).toEqual(expect.arrayContaining([...reasons]))
    expect(rowsUnder('When a booking needs attention').toSorted()).toEqual(Object.keys(ATTENTION_LABELS).toSorted())
  })

  it('has a row for every state, and for every update that the Temporal UI offers for a person (X-12)', () => {
    expect(rowsUnder('What each state means')).toEqual([...STATUSES])
    expect(Object.keys(STATUS_LABELS)).toEqual([...STATUSES])
    expect(rowsUnder('Giving an update').toSorted()).toEqual(Object.keys(commands).toSorted())
  })

  it('gives JSON that can be copied', () => {
    const inputs = [...OPERATORS.matchAll(/\| `(\{.*\})` \|$/gm)].map(([, json = '']) => json)
    expect(inputs.length).toBeGreaterThan(10)
    for (const json of inputs) expect(() => JSON.parse(json), json).not.toThrow()
  })
})

describe('the documents', () => {
  it('name pictures and files that exist, and chapters that are there', () => {
    const faults = DOCUMENTS.flatMap((document) =>
      linksOf(document).flatMap(({ target, file, anchor }) => {
        if (!existsSync(join(CHECKOUT, file))) return [`${document}: there is no ${target}`]
        const isThere = anchor === undefined || !file.endsWith('.md') || anchorsOf(file).includes(anchor)
        return isThere ? [] : [`${document}: there is no chapter ${target}`]
      }),
    )
    expect(faults).toEqual([])
  })

  it('show every picture there is, and few enough bytes of them', () => {
    const shown = new Set(DOCUMENTS.flatMap((document) => linksOf(document).map(({ file }) => file)))
    const pictures = globSync('docs/images/*', { cwd: CHECKOUT })
    expect(pictures.filter((path) => !shown.has(path))).toEqual([])
    const bytes = pictures.reduce((sum, path) => sum + readFileSync(join(CHECKOUT, path)).length, 0)
    expect(bytes).toBeLessThan(3 * 1024 * 1024)
  })
})
