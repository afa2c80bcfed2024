import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, checkout, fillOnce, toolEnvironment, type Cache } from './launcher/cache.mjs'
import { step } from './launcher/progress.mjs'
import { Failure, outOfReach, runTool, ToolFailure } from './launcher/tool.mjs'

/** A Python with everything that `tests/doors/python/requirements.txt` names, and nothing else. */
export type FoundPython = { readonly found: 'cache' | 'download'; readonly path: string }

/** The version that two of the documents ask for, and the first that prints an enum as the third expects it. */
const OLDEST = 11
const requirements = join(checkout, 'tests', 'doors', 'python', 'requirements.txt')
const wayOut = `Install Python 3.${OLDEST} or later with venv (on Debian and Ubuntu: python3-venv).`

/** Finds the Python of the clients in tests/doors/python: a virtual environment in the cache, made with pip the first time. Fails with a Failure. */
export async function findPython(env: NodeJS.ProcessEnv = process.env, cache = cacheFolder(env)): Promise<FoundPython> {
  const { program, version } = await installed(env)
  const lock = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12)
  const folder = join(cache.path, `python-${version}-${lock}`)
  if (existsSync(folder)) return { found: 'cache', path: programIn(folder) }
  try {
    await step('Fetching pydantic and grpcio with pip', () =>
      fillOnce(folder, (to) => fetchWithPip(program, to, cache, env)),
    )
    return { found: 'download', path: programIn(folder) }
  } catch (error) {
    throw new Failure(`Python’s packages are missing: ${inFewWords(error)}. ${wayOut}`)
  }
}

async function installed(env: NodeJS.ProcessEnv): Promise<{ program: string; version: string }> {
  for (const program of ['python3', 'python']) {
    const question = ['-c', 'import sys; print(*sys.version_info[:2], sep=".")']
    const version = await runTool(program, question, { env }).catch(() => '')
    const [, major, minor] = /^(\d+)\.(\d+)\s*$/.exec(version) ?? []
    if (major === '3' && Number(minor) >= OLDEST) return { program, version: version.trim() }
  }
  throw new Failure(`There is no Python that is new enough. ${wayOut}`)
}

/** Only what the lock file names, each package by its hash, and nothing that would have to be compiled. */
async function fetchWithPip(program: string, folder: string, cache: Cache, env: NodeJS.ProcessEnv): Promise<void> {
  const own = toolEnvironment(cache, env)
  await runTool(program, ['-m', 'venv', folder], { env: own })
  const flags = ['--quiet', '--disable-pip-version-check', '--require-hashes', '--only-binary', ':all:']
  await runTool(programIn(folder), ['-m', 'pip', 'install', ...flags, '-r', requirements], { env: own })
  await runTool(programIn(folder), ['-c', 'import pydantic, grpc, grpc_tools'], { env: own })
}

function programIn(folder: string): string {
  return process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python')
}

function inFewWords(error: unknown): string {
  if (!(error instanceof ToolFailure)) return error instanceof Error ? error.message : String(error)
  return outOfReach(error.output) ? 'the index that pip uses is out of reach' : `${error.message}, ${lastLine(error)}`
}

function lastLine({ output }: ToolFailure): string {
  return output.trim().split('\n').at(-1) ?? ''
}
