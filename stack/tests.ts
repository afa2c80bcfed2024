import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseCLI } from 'vitest/node'
import { checkout } from './launcher/cache.mjs'
import { programOf, type Result } from './checks.ts'
import { Failure } from './launcher/tool.mjs'

/** `secondTry` are those that failed first and then passed, where a test has a second try. */
export type TestRun = Result & { skipped: string[]; secondTry: string[] }

/** Fails with a sentence when vitest would not know what is meant. */
export function checkArguments(args: readonly string[]): void {
  try {
    parseCLI(['vitest', 'run', ...args])
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Failure(`${why}: everything after -- is for vitest, as in: npm test -- tests/workflows -t expires`)
  }
}

/** Runs vitest with its usual output and gives what it counted. Its servers are vitest's own business. */
export async function runTests(args: readonly string[]): Promise<TestRun> {
  const began = Date.now()
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-tests-'))
  const report = join(folder, 'report.json')
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const code = await vitest(['run', ...reporters, ...args])
    const { passed, failed, skipped, secondTry } = count(report)
    const note = `${passed} passed (${secondTry.length} of them at the second try), ${failed} failed, ${skipped.length} skipped`
    return { name: 'tests', ok: code === 0, seconds: (Date.now() - began) / 1000, note, skipped, secondTry }
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

type Report = {
  testResults: { assertionResults: { fullName: string; status: string; failureMessages?: string[] }[] }[]
}

function count(report: string): Pick<TestRun, 'skipped' | 'secondTry'> & { passed: number; failed: number } {
  if (!existsSync(report)) return { passed: 0, failed: 0, skipped: [], secondTry: [] }
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
  const of = (status: string) => tests.filter((test) => test.status === status)
  const rest = tests.filter(({ status }) => status !== 'passed' && status !== 'failed')
  return {
    passed: of('passed').length,
    failed: of('failed').length,
    skipped: rest.map(({ fullName }) => fullName),
    // The report keeps what the first try failed with.
    secondTry: of('passed').flatMap(({ fullName, failureMessages = [] }) =>
      failureMessages.map((message) => `${fullName}: ${message.split('\n')[0]}`),
    ),
  }
}
