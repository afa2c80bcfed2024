import { relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

/** What came of the tests of one file; `path` is that in the checkout, or null for what failed outside every file. */
export type FileCount = {
  readonly path: string | null
  readonly passed: number
  /** A line each: which test it was, and the beginning of what it said. */
  readonly failures: readonly string[]
  /** The tests' names. */
  readonly skipped: readonly string[]
}

/** The same of several files. */
export type Total = Omit<FileCount, 'path'>

export function total(files: readonly FileCount[]): Total {
  return {
    passed: files.reduce((sum, { passed }) => sum + passed, 0),
    failures: files.flatMap(({ failures }) => failures),
    skipped: files.flatMap(({ skipped }) => skipped),
  }
}

/** `3000 passed, 0 failed`, and how many were skipped when any were. */
export function inWords({ passed, failures, skipped }: Total): string {
  return `${passed} passed, ${failures.length} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`
}

/** The files to run once more. */
export function failedFiles(files: readonly FileCount[]): string[] {
  return files.flatMap(({ path, failures }) => (path !== null && failures.length > 0 ? [path] : []))
}

/** What counts in the end when the files that had failed were run once more, and which of them passed only then. */
export function afterSecondTry(first: readonly FileCount[], second: readonly FileCount[]) {
  const again = new Set(failedFiles(first))
  const files = [...first.filter(({ path }) => path === null || !again.has(path)), ...second]
  const still = new Set(failedFiles(second))
  const ran = new Set(second.map(({ path }) => path))
  // What did not run again has not passed.
  const lost = first.filter(({ path }) => path !== null && again.has(path) && !ran.has(path))
  return { files: [...files, ...lost], unsteady: [...again].filter((path) => ran.has(path) && !still.has(path)) }
}

/** What we read of vitest's JSON report. */
export type VitestReport = {
  testResults: {
    name: string
    status: string
    message: string
    assertionResults: { fullName: string; status: string; failureMessages?: string[] }[]
  }[]
}

/** What each file of the report counts, by its path in `folder`. A file that failed outside its tests, while it was loaded or in a hook, counts as one that failed. */
export function countsOf({ testResults }: VitestReport, folder: string): FileCount[] {
  return testResults.map(({ name, status: state, message, assertionResults: tests }) => {
    const path = relative(folder, name)
    const failed = tests.filter(({ status }) => status === 'failed')
    const rest = tests.filter(({ status }) => status !== 'passed' && status !== 'failed')
    const failures = failed.map(
      ({ fullName, failureMessages }) => `${path}: ${fullName}: ${start(failureMessages?.[0])}`,
    )
    return {
      path,
      passed: tests.length - failed.length - rest.length,
      failures: state === 'failed' && failures.length === 0 ? [`${path}: ${start(message)}`] : failures,
      skipped: rest.map(({ fullName }) => fullName),
    }
  })
}

/** The beginning of what a failure says, in one line without colours. */
function start(message = ''): string {
  return stripVTControlCharacters(message).split('\n    at ')[0]!.replaceAll(/\s+/g, ' ').trim().slice(0, 300)
}
