/** What came of the tests of one file; `path` is that in the checkout, or null for what failed outside every file. */
export type FileCount = {
  readonly path: string | null
  readonly passed: number
  readonly failed: number
  readonly skipped: readonly string[]
}

/** The same of several files. `skipped` are the tests' names. */
export type Total = Omit<FileCount, 'path'>

export function total(files: readonly FileCount[]): Total {
  return {
    passed: files.reduce((sum, { passed }) => sum + passed, 0),
    failed: files.reduce((sum, { failed }) => sum + failed, 0),
    skipped: files.flatMap(({ skipped }) => skipped),
  }
}

/** `3000 passed, 0 failed`, and how many were skipped when any were. */
export function inWords({ passed, failed, skipped }: Total): string {
  return `${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`
}

/** The files to run once more. */
export function failedFiles(files: readonly FileCount[]): string[] {
  return files.flatMap(({ path, failed }) => (path !== null && failed > 0 ? [path] : []))
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
