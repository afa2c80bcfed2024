import type { Result } from './checks.ts'

/** A table of what was run, for people. */
export function summary(results: readonly Result[]): string {
  const width = Math.max(...results.map(({ name }) => name.length))
  const lines = results.map(({ name, ok, seconds, note = '' }) => {
    const time = `${seconds.toFixed(1)} s`.padStart(8)
    return `  ${name.padEnd(width)}  ${ok ? 'ok    ' : 'FAILED'} ${time}  ${note}`.trimEnd()
  })
  return ['', ...lines, ''].join('\n')
}
