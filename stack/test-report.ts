import { checkNames, type Result } from './checks.ts'
import type { Component } from './components.ts'
import { inWords, type Total } from './counts.ts'
import { say } from './launcher/progress.mjs'
import { summary } from './summary.ts'

/**
 * What `npm test` and `npm run test:long` end with: a table, the components and what was skipped for want of one, what went otherwise than it should,
 * a line for each failure, and in the last line the plain counts. A check that failed counts as one that failed.
 */
export function report(
  results: readonly Result[],
  tests: Total,
  components: readonly Component[],
  notes: readonly string[],
): boolean {
  say(summary(results))
  say(optionalParts(components, tests.skipped))
  for (const note of notes) say(note)
  const failedChecks = results.filter(({ ok, name }) => !ok && checkNames.includes(name))
  const failures = [...failedChecks.map(({ name }) => `the check "${name}"`), ...tests.failures]
  for (const failure of failures) say(`failed: ${failure}`)
  say(inWords({ ...tests, failures }))
  return failures.length === 0
}

/** Names each component, found or not, and the tests that were skipped: those that need it, then all others. */
function optionalParts(components: readonly Component[], skipped: readonly string[]): string {
  const lines = components.flatMap((component) => {
    const needing = skipped.filter((test) => test.includes(`needs ${component.name}`))
    const state = 'found' in component ? component.found : `MISSING: ${component.missing}`
    return [`  ${component.name}: ${state}`, ...needing.map((test) => `    skipped: ${test}`)]
  })
  const others = skipped.filter((test) => !components.some(({ name }) => test.includes(`needs ${name}`)))
  return [...lines, ...others.map((test) => `  skipped: ${test}`), ''].join('\n')
}
