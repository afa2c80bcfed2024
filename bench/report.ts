import { median, quantile, type Sample } from './measure.ts'

/** What counts for the product, and what is somebody else's or the yardstick itself. */
const NOT_OURS = new Set(['sandbox', 'bench'])

/** The processor time of a sample per operation; the baselines' client counts, as the API does for bookings. */
function cpuPerOperation({ cpuMs, operations }: Sample, isBaseline: boolean): number | null {
  if (cpuMs === null) return null
  let total = 0
  for (const [program, ms] of cpuMs) if (!NOT_OURS.has(program) || (isBaseline && program === 'bench')) total += ms
  return total / operations
}

/** One line of figures per workload: medians over the rounds. */
export function summarise(samples: readonly Sample[], isBaseline: boolean) {
  const cpu = samples.map((sample) => cpuPerOperation(sample, isBaseline)).filter((each) => each !== null)
  return {
    p50: median(samples.map(({ firstAnswerMs }) => median(firstAnswerMs))),
    p99: median(samples.map(({ firstAnswerMs }) => quantile(firstAnswerMs, 0.99))),
    perSecond: median(samples.map(({ operations, elapsedMs }) => (1000 * operations) / elapsedMs)),
    cpuMs: cpu.length === 0 ? null : median(cpu),
  }
}

/** Where the processor time of an operation goes, program by program, in milliseconds. */
export function cpuByProgram(samples: readonly Sample[]): string {
  const programs = [...new Set(samples.flatMap(({ cpuMs }) => [...(cpuMs?.keys() ?? [])]))]
  return programs
    .map(
      (program) =>
        [program, median(samples.map(({ cpuMs, operations }) => (cpuMs?.get(program) ?? 0) / operations))] as const,
    )
    .filter(([, ms]) => ms >= 0.1)
    .map(([program, ms]) => `${program} ${ms.toFixed(1)}`)
    .join(', ')
}

/** A table in plain text, columns aligned. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  '),
    )
    .join('\n')
}

export type Aim = {
  readonly what: string
  readonly measured: number | null
  readonly aim: number
  readonly atLeast?: boolean
}

/** Aims and whether they were met, one a line. */
export function aimsTable(aims: readonly Aim[]): string {
  return table([
    ['aim', 'measured', 'aimed at', ''],
    ...aims.map(({ what, measured, aim, atLeast = false }) => [
      what,
      measured === null ? 'not told here' : measured.toFixed(2),
      `${atLeast ? '≥' : '≤'} ${aim}`,
      measured === null ? '' : (atLeast ? measured >= aim : measured <= aim) ? 'met' : 'MISSED',
    ]),
  ])
}
