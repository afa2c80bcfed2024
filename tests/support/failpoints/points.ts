import { appendFileSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Where a worker stands: about to do something outside itself, or having just done it. */
export type Side = 'before' | 'after'

/**
 * The folder through which a test and its workers talk: `trace` has a line for each point that was passed, `armed` names the point at which the worker has to die. Files, because
 * what a process knows dies with it.
 */
export const FOLDER_VARIABLE = 'FAILPOINTS_FOLDER'

export function traceFile(folder: string): string {
  return join(folder, 'trace')
}

export function armedFile(folder: string): string {
  return join(folder, 'armed')
}

/** The points passed so far, in order, each with how often it has been passed by then: `hold/pricing.calculate before 1`. */
export function passedPoints(folder: string): string[] {
  const times = new Map<string, number>()
  return readIfThere(traceFile(folder))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const count = (times.get(line) ?? 0) + 1
      times.set(line, count)
      return `${line} ${count}`
    })
}

/** Notes that a point is passed. True when it is the armed one: whoever asked has to die, once. */
export function dies(folder: string, name: string, side: Side): boolean {
  const line = `${name} ${side}`
  appendFileSync(traceFile(folder), `${line}\n`)
  const armed = readIfThere(armedFile(folder))
  // By count, not as the last line: somebody else may have passed a point since.
  if (
    !armed.startsWith(`${line} `) ||
    passedPoints(folder).findLast((point) => point.startsWith(`${line} `)) !== armed
  ) {
    return false
  }
  rmSync(armedFile(folder))
  return true
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
