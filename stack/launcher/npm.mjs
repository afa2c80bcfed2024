import { basename } from 'node:path'
import { outOfReach, runTool } from './tool.mjs'

/** Runs npm: the one that started us when there is one, otherwise the one on PATH. */
export function npm(args, options) {
  const started = process.env.npm_execpath
  if (started && basename(started).startsWith('npm')) return runTool(process.execPath, [started, ...args], options)
  if (process.platform !== 'win32') return runTool('npm', args, options)
  return runTool('cmd.exe', ['/d', '/s', '/c', 'npm', ...args], options)
}

/** One sentence about why npm failed and the way out. */
export function npmTrouble(what, error, wayOut) {
  if (error.message.endsWith('ENOENT')) return `${what}: npm is not on PATH; install npm ${wayOut}.`
  if (outOfReach(error.output ?? '')) {
    return `${what}: the npm registry cannot be reached. Check the network and proxy settings and run it again, ${wayOut}.`
  }
  const lines = (error.output ?? '').split('\n').map((line) => line.replace(/^npm (error|ERR!) ?/, '').trim())
  const told = lines.filter((line) => line !== '' && !/^(code|errno|syscall|A complete log)/.test(line)).slice(0, 3)
  return `${what}: ${told.join(' ') || error.message} Run it again, ${wayOut}.`
}
