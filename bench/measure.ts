import { readdirSync, readFileSync } from 'node:fs'

/** What one workload did in one round: how long each operation took to its first answer, and how many were done in what time. */
export type Sample = {
  readonly firstAnswerMs: readonly number[]
  readonly operations: number
  readonly elapsedMs: number
  /** Processor time by program, in milliseconds; null where the system does not tell. */
  readonly cpuMs: ReadonlyMap<string, number> | null
}

/** The value that `share` (0 to 1) of the numbers do not exceed. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5)
}

/** Runs `total` operations, `clients` at a time, and measures them. An operation returns when its first answer came. */
export async function run(
  clients: number,
  total: number,
  operation: (n: number) => Promise<{ firstAnswerMs: number }>,
): Promise<Sample> {
  const firstAnswerMs: number[] = []
  const before = cpuByProgram()
  const began = performance.now()
  let next = 0
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (next < total) {
        const n = next
        next += 1
        firstAnswerMs.push((await operation(n)).firstAnswerMs)
      }
    }),
  )
  const elapsedMs = performance.now() - began
  return { firstAnswerMs, operations: total, elapsedMs, cpuMs: difference(before, cpuByProgram()) }
}

const MS_PER_TICK = 10

/** Processor time used so far by each program below this process, PostgreSQL's backends together; only Linux tells. */
function cpuByProgram(): Map<string, number> | null {
  if (process.platform !== 'linux') return null
  const processes = new Map<number, { parent: number; ticks: number; command: string }>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      // The program's name may hold anything, so fields are counted from behind its closing bracket.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      processes.set(Number(name), {
        parent: Number(fields[1]),
        // Own time and that of children that are gone already.
        ticks: [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0),
        command: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' '),
      })
    } catch {
      // It ended while we looked.
    }
  }
  const sums = new Map<string, number>()
  for (const [pid, { ticks, command }] of processes) {
    if (pid !== process.pid && !isBelow(pid, processes)) continue
    const program = pid === process.pid ? 'bench' : programOf(command)
    if (program !== null) sums.set(program, (sums.get(program) ?? 0) + ticks * MS_PER_TICK)
  }
  return sums
}

function isBelow(pid: number, processes: ReadonlyMap<number, { parent: number }>): boolean {
  for (let at = processes.get(pid)?.parent; at !== undefined && at > 1; at = processes.get(at)?.parent) {
    if (at === process.pid) return true
  }
  return false
}

function programOf(command: string): string | null {
  if (command.includes('server start-dev')) return 'temporal'
  if (/postgres/.test(command)) return 'postgres'
  if (command.includes('bench/worker.ts')) return 'baseline worker'
  if (command.includes('services/sandbox/main.ts')) return 'sandbox'
  if (command.includes('worker.ts')) return 'worker'
  return command.includes('server.ts') ? 'api' : null
}

function difference(before: Map<string, number> | null, after: Map<string, number> | null): Map<string, number> | null {
  if (before === null || after === null) return null
  return new Map([...after].map(([program, ms]) => [program, ms - (before.get(program) ?? 0)]))
}
