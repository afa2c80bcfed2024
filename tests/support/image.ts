import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, cpSync, existsSync, linkSync, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join, matchesGlob, relative } from 'node:path'
import { checkout } from '../../stack/launcher/cache.mjs'

type LockFile = {
  packages: Record<string, { dev?: boolean; devOptional?: boolean; optional?: boolean; link?: boolean }>
}

const read = (file: string): string => readFileSync(join(checkout, file), 'utf8')

/** What npm installs with `--omit=dev --omit=optional`, by the lock file. */
export function productionPackages(): string[] {
  const { packages } = JSON.parse(read('package-lock.json')) as LockFile
  return Object.entries(packages)
    .filter(([path, { dev, devOptional, optional, link }]) => path !== '' && !(dev || devOptional || optional || link))
    .map(([path]) => path)
}

/** Lays out in a folder what the Dockerfile puts into `/app`, from this checkout and with the Dockerfile's own clean-up. Linux only. */
export function layOut(app: string, bundle: string): void {
  const ignored = read('.dockerignore').split('\n').filter(Boolean)
  const isIgnored = (path: string) => ignored.some((pattern) => path === pattern || matchesGlob(path, pattern))
  cpSync(checkout, app, { recursive: true, filter: (from) => !isIgnored(relative(checkout, from)) })
  cpSync(join(checkout, 'prisma', 'generated'), join(app, 'prisma', 'generated'), { recursive: true })
  copyFileSync(bundle, join(app, 'workflow-bundle.js'))
  for (const path of productionPackages()) link(join(checkout, path), join(app, path))
  const cleaning = /^RUN set -e; \\\n(?<commands>(?: {2}.*\n)+)/m.exec(read('Dockerfile'))?.groups?.['commands']
  const { status, stderr } = spawnSync('sh', ['-e', '-c', cleaning ?? 'exit 9'], { cwd: app, encoding: 'utf8' })
  if (status !== 0) throw new Error(`the Dockerfile's clean-up failed: ${stderr}`)
}

/** Hard links, where the file system allows them; of one package, without those within it. */
function link(from: string, to: string): void {
  if (!existsSync(from)) return
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.name === 'node_modules') continue
    if (entry.isDirectory()) link(source, target)
    else {
      try {
        linkSync(source, target)
      } catch {
        copyFileSync(source, target)
      }
    }
  }
}

/** The bytes of all files in a folder. */
export function bytesIn(folder: string): number {
  let bytes = 0
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const stat = lstatSync(join(folder, name))
    if (stat.isFile()) bytes += stat.size
  }
  return bytes
}

/**
 * Everything there is read-only, but for a new file system at TMPDIR; then the arguments are run, by somebody without rights if node can be run by
 * them. Fails with 90 where this cannot be had, and with 99 if something can be written after all.
 */
const READ_ONLY = `
mount -t tmpfs -o mode=1777 tmpfs "$TMPDIR" || exit 90
while read -r _ place _; do
  case "$place" in
    /proc*|/sys*|/dev*|"$TMPDIR") ;;
    *) mount -o remount,bind,ro "$place" || exit 90 ;;
  esac
done < /proc/self/mounts
touch "$APP/.written" 2>/dev/null && exit 99
touch /tmp/.written 2>/dev/null && exit 99
if setpriv --reuid=1000 --regid=1000 --clear-groups "$1" --version >/dev/null 2>&1; then
  exec setpriv --reuid=1000 --regid=1000 --clear-groups "$@"
fi
exec "$@"`

const readOnly = (command: readonly string[]) => ({
  program: 'unshare',
  args: ['--mount', '--propagation', 'private', 'sh', '-c', READ_ONLY, 'sh', ...command],
})

/** Can this machine make everything read-only for one process? It needs Linux and root. */
export function canLockDown(app: string, tmp: string): boolean {
  const { program, args } = readOnly(['true'])
  const { status } = spawnSync(program, args, { env: { PATH: process.env['PATH'], APP: app, TMPDIR: tmp } })
  return status === 0
}

export type Contained = {
  readonly process: ChildProcess
  /** What it said on stderr. */
  told(): string
  /** Asks it to end; answers with its exit code. */
  stop(): Promise<number | null>
}

/** Runs a process of the image, as the image's CMD does, where only TMPDIR can be written. */
export function runContained(app: string, tmp: string, args: string[], env: Record<string, string>): Contained {
  const contained = readOnly([process.execPath, '--disable-warning=ExperimentalWarning', ...args])
  const child = spawn(contained.program, contained.args, {
    cwd: app,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...env, APP: app, TMPDIR: tmp },
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const gone = once(child, 'exit')
  return {
    process: child,
    told: () => said.slice(-2000),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await gone
      return child.exitCode
    },
  }
}
