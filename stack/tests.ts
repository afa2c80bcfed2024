import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkout } from './launcher/cache.mjs'
import { programOf, type Result } from './checks.ts'

export type TestRun = Result & { skipped: string[] }

/** Runs vitest with its usual output and gives what it counted. Its servers are vitest's own business. */
export async function runTests(args: readonly string[]): Promise<TestRun> {
  const began = Date.now()
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-tests-'))
  const report = join(folder, 'report.json')
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const code = await vitest(['run', ...reporters, ...args])
    const { passed, failed, skipped } = count(report)
    const note = `${passed} passed, ${failed} failed, ${skipped.length} skipped`
    return { name: 'tests', ok: code === 0, seconds: (Date.now() - began) / 1000, note, skipped }
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

type Report = { testResults: { assertionResults: { fullName: string; status: string }[] }[] }

function count(report: string): { passed: number; failed: number; skipped: string[] } {
  if (!existsSync(report)) return { passed: 0, failed: 0, skipped: [] }
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
  const of = (status: string): number => tests.filter((test) => test.status === status).length
  const rest = tests.filter(({ status }) => status !== 'passed' && status !== 'failed')
  return { passed: of('passed'), failed: of('failed'), skipped: rest.map(({ fullName }) => fullName) }
}
