import { spawn } from 'node:child_process'

/** Something the user can act on: the message is one clear sentence, shown without a stack. */
export class Failure extends Error {}

/** A tool that ended badly; `output` holds what it printed. */
export class ToolFailure extends Error {
  constructor(message, output) {
    super(message)
    this.output = output
  }
}

const graceMs = 2000
const running = new Set()
let stopped = false

/**
 * Runs a command to its end and gives what it printed on stdout. Rejects with ToolFailure when it cannot be run,
 * exits with another code than 0, or is stopped by `signal`.
 */
export function runTool(command, args, { signal: abort, ...options } = {}) {
  if (stopped) return Promise.reject(new ToolFailure('stopped', ''))
  return new Promise((resolve, reject) => {
    // Its own process group, so that Ctrl-C reaches it once, through stopTools, with all it has started.
    const detached = process.platform !== 'win32'
    const child = spawn(command, args, { ...options, detached, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true })
    let out = ''
    let all = ''
    const stop = () => kill(child)
    const settle = (done) => {
      running.delete(child)
      abort?.removeEventListener('abort', stop)
      done()
    }
    running.add(child)
    abort?.addEventListener('abort', stop)
    if (abort?.aborted) stop()
    child.stdout.on('data', (chunk) => {
      out += chunk
      all += chunk
    })
    child.stderr.on('data', (chunk) => {
      all += chunk
    })
    child.on('error', (error) =>
      settle(() => reject(new ToolFailure(`${command}: ${error.code ?? error.message}`, all))),
    )
    child.on('close', (code, by) => {
      if (code === 0) return settle(() => resolve(out))
      const how = by === null ? `exit code ${code}` : by
      settle(() => reject(new ToolFailure(`${command} ended with ${how}`, all)))
    })
  })
}

function kill(child) {
  signal(child, 'SIGTERM')
  setTimeout(signal, graceMs, child, 'SIGKILL').unref()
}

function signal(child, name) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, name)
  } catch {
    // It is gone already.
  }
}

/** Stops every tool this process is running, and lets no other start: for a process that is about to end. */
export function stopTools() {
  stopped = true
  for (const child of running) kill(child)
}

/** True when a tool's output says that the network, not the tool, is the trouble. */
export function outOfReach(output) {
  return /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET|network request failed|no such host|connection refused|Unknown host|dns error|error sending request|timed? ?out/i.test(
    output,
  )
}
