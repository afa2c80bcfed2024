import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, fillOnce, toolEnvironment, type Cache } from './launcher/cache.mjs'
import { step } from './launcher/progress.mjs'
import { outOfReach, runTool, ToolFailure } from './launcher/tool.mjs'
import { downloadThroughSdk } from './sdk-download.ts'

export type TimeSkippingServer = { path: string; reason: null } | { path: null; reason: string }

const version = '1.38.0'
const name = 'temporal-test-server'

/**
 * Finds Temporal's time-skipping test server: the cache, the SDK's download, or Maven's jars with a wrapper around java.
 * Gives the path of a program for `executable: { type: 'existing-path', path }`, or why there is none.
 */
export async function findTimeSkippingServer(cache = cacheFolder()): Promise<TimeSkippingServer> {
  const folder = join(cache.path, `${name}-${version}`)
  const path = join(folder, name)
  if (existsSync(path)) return { path, reason: null }
  const ways = [
    [
      'its download',
      async (to: string) => void (await downloadThroughSdk('time-skipping', `v${version}`, to, name, cache)),
    ],
    ['Maven', (to: string) => fetchWithMaven(to, cache)],
  ] as const
  const reasons: string[] = []
  for (const [way, fetch] of ways) {
    try {
      await step("Fetching Temporal's time-skipping test server", () => fillOnce(folder, fetch))
      return { path, reason: null }
    } catch (error) {
      reasons.push(`${way}: ${inFewWords(error)}`)
    }
  }
  return { path: null, reason: `Temporal's time-skipping test server could not be fetched (${reasons.join('; ')})` }
}

function inFewWords(error: unknown): string {
  if (!(error instanceof ToolFailure)) return error instanceof Error ? error.message : String(error)
  return outOfReach(error.output) ? 'out of reach' : error.message
}

async function fetchWithMaven(folder: string, cache: Cache): Promise<void> {
  const env = toolEnvironment(cache)
  await runTool('java', ['-version'], { env })
  const dependency = `<groupId>io.temporal</groupId><artifactId>${name}</artifactId><version>${version}</version>`
  const project =
    '<modelVersion>4.0.0</modelVersion><groupId>holdfast</groupId><artifactId>fetch</artifactId><version>1</version>'
  const pom = `<project>${project}<dependencies><dependency>${dependency}</dependency></dependencies></project>\n`
  writeFileSync(join(folder, 'pom.xml'), pom)
  await runTool('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=jars'], { cwd: folder, env })
  const wrapper = '#!/bin/sh\nexec java -cp "$(dirname "$0")/jars/*" io.temporal.testserver.TestServer "$@"\n'
  writeFileSync(join(folder, name), wrapper)
  chmodSync(join(folder, name), 0o755)
}
