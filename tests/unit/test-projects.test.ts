import { globSync, readFileSync } from 'node:fs'
import { join, matchesGlob } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import config from '../vitest.config.ts'

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url))

type Project = { test: { name: string; include: string[]; exclude?: string[]; retry?: number } }

const projects = (config.test?.projects ?? []).map((project) => (project as Project).test)
/** This one plays once more, on the real stack, what another project has in worlds of its own. */
const AGAIN = 'long-doors'
const files = globSync('**/*.test.ts', { cwd: CHECKOUT, exclude: (name) => name.startsWith('node_modules') })
  .map((file) => file.replaceAll('\\', '/'))
  .toSorted()

function projectsOf(file: string): string[] {
  const matches = (globs: readonly string[]) => globs.some((glob) => matchesGlob(file, glob))
  const own = projects.filter(({ include, exclude = [] }) => matches(include) && !matches(exclude))
  return own.map(({ name }) => name)
}

describe('the two commands of the tests', () => {
  test('run each test file once: npm run test:long what is in tests/long, npm test everything else', () => {
    expect(files.length).toBeGreaterThan(200)
    const faults = files.flatMap((file) => {
      const found = projectsOf(file).filter((name) => name !== AGAIN)
      if (found.length !== 1) return [`${file} belongs to ${found.join(' and ') || 'no project'}`]
      const isLong = found[0]!.startsWith('long')
      return isLong === file.startsWith('tests/long/') ? [] : [`${file} belongs to ${found[0]}`]
    })
    expect(faults).toEqual([])
  })

  test('F-07 play the clients of the five documents on the real stack, too', () => {
    const clients = files.filter((file) => projectsOf(file).includes(AGAIN))
    expect(clients).toEqual(files.filter((file) => file.startsWith('tests/doors/')))
    for (const name of ['tutoring', 'clinic', 'ticketing', 'venue', 'course']) {
      expect(clients.some((file) => file.startsWith(`tests/doors/${name}`))).toBe(true)
    }
  })

  test('try nothing a second time by themselves', () => {
    expect(readFileSync(join(CHECKOUT, 'tests/vitest.config.ts'), 'utf8')).not.toContain('retry')
    const retrying = files.filter((file) =>
      /^\s*(?:test|it|describe)\b.*[{,]\s*retry\b/m.test(readFileSync(join(CHECKOUT, file), 'utf8')),
    )
    expect(retrying).toEqual([])
  })
})
