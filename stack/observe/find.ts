import { existsSync, readdirSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { cacheFolder, fillOnce } from '../launcher/cache.mjs'
import { step } from '../launcher/progress.mjs'
import { Failure, outOfReach, runTool, ToolFailure } from '../launcher/tool.mjs'

/** A program of somebody else's, or why there is none here and what to do about it. */
export type FoundProgram = { readonly path: string } | { readonly missing: string }

/** Grafana needs the folder of its own files, too. */
export type FoundGrafana = { readonly path: string; readonly home: string } | { readonly missing: string }

/** Finds the program of one of these names on the PATH. */
export function onPath(names: readonly string[], env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path))
}

/** Finds Prometheus' `program`: on the PATH, in the cache, or out of Debian's package, which is unpacked and not installed. */
export async function findPrometheus(
  program: 'prometheus' | 'promtool' = 'prometheus',
  env: NodeJS.ProcessEnv = process.env,
): Promise<FoundProgram> {
  const found = onPath([program], env)
  if (found !== undefined) return { path: found }
  const folder = join(cacheFolder(env).path, 'prometheus-debian')
  const path = join(folder, program)
  if (existsSync(path)) return { path }
  try {
    await step('Fetching Prometheus', () => fillOnce(folder, (to) => unpackDebian(to, env)))
    return { path }
  } catch (error) {
    return { missing: `${whyNot(error)}; put ${program} on the PATH` }
  }
}

async function unpackDebian(to: string, env: NodeJS.ProcessEnv): Promise<void> {
  // Without root there are no fresh lists of packages; those that are there may do.
  await runTool('apt-get', ['update'], { env }).catch(() => '')
  await runTool('apt-get', ['download', 'prometheus'], { cwd: to, env })
  const packed = readdirSync(to).find((name) => name.endsWith('.deb'))
  if (packed === undefined) throw new Failure('nothing was downloaded')
  await runTool('dpkg', ['-x', packed, 'unpacked'], { cwd: to, env })
  for (const name of ['prometheus', 'promtool']) renameSync(join(to, 'unpacked', 'usr', 'bin', name), join(to, name))
  for (const used of ['unpacked', packed]) rmSync(join(to, used), { recursive: true, force: true })
}

function whyNot(error: unknown): string {
  if (!(error instanceof ToolFailure)) return error instanceof Error ? error.message : String(error)
  if (error.message.endsWith('ENOENT')) return 'Prometheus is not on the PATH, and this is no Debian to fetch it from'
  return outOfReach(error.output)
    ? 'the package of Prometheus is out of reach'
    : `the package of Prometheus could not be had (${error.message})`
}

/** Finds Grafana on the PATH, with the folder of its files: that of its archive, or where packages put it. */
export function findGrafana(env: NodeJS.ProcessEnv = process.env): FoundGrafana {
  const path = onPath(['grafana', 'grafana-server'], env)
  const wayOut = 'put grafana on the PATH, or import deploy/grafana/holdfast.json into one that runs'
  if (path === undefined) return { missing: `Grafana is not on the PATH; ${wayOut}` }
  const homes = [join(dirname(realpathSync(path)), '..'), '/usr/share/grafana', '/usr/local/share/grafana']
  const home = homes.find((folder) => existsSync(join(folder, 'conf', 'defaults.ini')))
  return home === undefined
    ? { missing: `the folder of its files was not found beside ${path}; ${wayOut}` }
    : { path, home }
}

/** Finds Jaeger, which takes traces and shows them, on the PATH; version 2 is `jaeger`, version 1 `jaeger-all-in-one`. */
export function findJaeger(env: NodeJS.ProcessEnv = process.env): FoundProgram {
  const path = onPath(['jaeger', 'jaeger-all-in-one'], env)
  const wayOut = 'put jaeger on the PATH, or set OTEL_EXPORTER_OTLP_ENDPOINT to whatever collects traces'
  return path === undefined ? { missing: `Jaeger is not on the PATH; ${wayOut}` } : { path }
}
