import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { checkout } from './cache.mjs'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
const orphanCheckMs = 500
// Kafka's client sets a timer in the past (tulios/kafkajs#1751), which Node 24 complains about.
const quiet = ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning']

/** Runs a file with the given Node until it ends and gives its exit code (128 + number after a signal). */
export function run(node, args, command) {
  const env = {
    // What Node has compiled once, types taken out, need not be compiled again: half of what a process needs to start.
    NODE_COMPILE_CACHE: join(checkout, '.holdfast', 'compiled'),
    ...process.env,
    PATH: [dirname(node), process.env.PATH].join(delimiter),
    NODE: node,
  }
  const child = spawn(node, [...quiet, ...args], {
    cwd: checkout,
    env,
    stdio: 'inherit',
  })
  const forward = (signal) => child.kill(signal)
  for (const signal of signals) process.on(signal, forward)
  const watch = stopWithNpm(command, () => child.kill('SIGTERM'))
  return new Promise((resolve) => {
    const end = (code) => {
      clearInterval(watch)
      for (const signal of signals) process.off(signal, forward)
      resolve(code)
    }
    child.on('error', (error) => {
      console.error(`Node could not be started from ${node}: ${error.message}`)
      end(1)
    })
    child.on('exit', (code, signal) => end(code ?? 128 + constants.signals[signal]))
  })
}

/**
 * npm does not pass every signal on, and dies of SIGKILL without a word: when it goes, so do we. It is our parent, or the
 * parent of the shell it runs us in.
 */
function stopWithNpm(command, stop) {
  if (process.platform === 'win32' || process.env.npm_lifecycle_event !== command) return undefined
  const family = () => `${process.ppid} ${parentOfShell(process.ppid)}`
  const before = family()
  const watch = setInterval(() => {
    if (family() === before) return
    clearInterval(watch)
    stop()
  }, orphanCheckMs)
  return watch.unref()
}

/** The parent of a process that is a shell; only Linux tells without asking another program. */
function parentOfShell(pid) {
  try {
    const found = /\((?<name>.*)\) \S (?<parent>\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.groups
    return found?.name.endsWith('sh') ? found.parent : ''
  } catch {
    return ''
  }
}
