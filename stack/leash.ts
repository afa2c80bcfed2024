import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'

/**
 * Ends `pid` when this process goes away without having released it, as by kill -9: a shell of 1 MB waits for the end of
 * its input, which the kernel closes for us whatever happens. Gives the function that releases.
 */
export function leash(pid: number, signal: NodeJS.Signals): () => void {
  if (process.platform === 'win32') return () => undefined
  const script = 'while read -r _; do :; done; kill -s "$1" "$2"'
  const args = ['-c', script, 'holdfast-leash', signal.replace('SIG', ''), String(pid)]
  const guard = spawn('sh', args, { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  guard.on('error', () => undefined)
  guard.unref()
  // Neither the guard nor the pipe to it may keep this process running.
  const pipe = guard.stdin as Socket
  pipe.on('error', () => undefined)
  pipe.unref()
  return () => {
    guard.kill('SIGKILL')
  }
}
