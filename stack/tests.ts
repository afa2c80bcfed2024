import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkout } from './launcher/cache.mjs'
import { programOf, type Result } from './checks.ts'
import { countsOf, inWords, total, type FileCount, type VitestReport } from './counts.ts'
import { Failure } from './launcher/tool.mjs'

export type TestRun = Result & { readonly files: readonly FileCount[] }

/** Fails with a sentence when there is a flag that vitest does not know: what it says itself is a stack. */
export function checkArguments(args: readonly string[]): void {
  const camel = (flag: string): string =>
    (/^--(?:no-)?([\w-]+)/.exec(flag)?.[1] ?? '').replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  const flags = args.filter((arg) => /^--\w/.test(arg))
  if (flags.length === 0) return
  const { stdout } = spawnSync(process.execPath, [programOf('vitest'), '--help', '--expand-help'], { encoding: 'utf8' })
  const known = new Set([...stdout.matchAll(/--[\w-]+/g)].map(([flag]) => camel(flag)))
  const unknown = flags.find((flag) => !known.has(camel(flag)))
  if (unknown === undefined) return
  throw new Failure(
    `There is no ${unknown}: everything after -- is for vitest, as in: npm test -- tests/workflows -t expires`,
  )
}

/** Runs vitest with its usual output and gives what it counted. Its servers are vitest's own business. */
export async function runTests(args: readonly string[], name = 'tests'): Promise<TestRun> {
  const began = Date.now()
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-tests-'))
  const report = join(folder, 'report.json')
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const config = args.includes('--config') ? [] : ['--config', 'tests/vitest.config.ts']
    const code = await vitest(['run', ...config, ...reporters, ...args])
    const files = existsSync(report) ? countsOf(JSON.parse(readFileSync(report, 'utf8')) as VitestReport, checkout) : []
    // Something may go wrong outside every file, in a server that all of them share for example.
    if (code !== 0 && total(files).failures.length === 0) {
      files.push({ path: null, passed: 0, failures: [`outside every file: vitest ended with ${code}`], skipped: [] })
    }
    const ok = total(files).failures.length === 0
    return { name, ok, seconds: (Date.now() - began) / 1000, note: inWords(total(files)), files }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function vitest(args: readonly string[]): Promise<number | null> {
  // The same complaint of Node's about Kafka's client as in the product's processes.
  const quiet = '--disable-warning=TimeoutNegativeWarning'
  const child = spawn(process.execPath, [quiet, programOf('vitest'), ...args], { cwd: checkout, stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', resolve)
  })
}
