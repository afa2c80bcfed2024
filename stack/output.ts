import { mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { say } from './launcher/progress.mjs'
import { readable } from './log-line.ts'

type Printer = (line: string) => void

const colours = [36, 35, 33, 32, 34]
const nameWidth = 10
const known = new Map<string, number>()

/** A printer that puts the name before each line, in a colour of its own on a terminal. */
export function prefixed(name: string, colour = process.stdout.isTTY && !process.env['NO_COLOR']): Printer {
  if (!known.has(name)) known.set(name, colours[known.size % colours.length] ?? 36)
  const label = `${name.padEnd(nameWidth)}│ `
  const shown = colour ? `\u001B[${known.get(name)}m${label}\u001B[0m` : label
  return (line) => say(shown + readable(line))
}

/** A printer into `logs/<name>.log` of the data folder, begun anew each time. */
export function logFile(home: string, name: string): Printer {
  mkdirSync(join(home, 'logs'), { recursive: true })
  const file = openSync(join(home, 'logs', `${name}.log`), 'w')
  return (line) => {
    writeSync(file, `${line}\n`)
  }
}
