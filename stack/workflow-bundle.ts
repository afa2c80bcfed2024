import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { checkout } from './launcher/cache.mjs'
import { step } from './launcher/progress.mjs'
import { Failure, runTool, ToolFailure } from './launcher/tool.mjs'

/** What the bundle is made of, besides packages. */
export const BUNDLED = ['domain', 'profiles', 'temporal', 'workflows'] as const

/**
 * Bundles the workflow code beside everything else that starts, unless the data folder has the bundle of this code: the worker alone would need some
 * seconds more. Gives what WORKFLOW_BUNDLE is to be.
 */
export async function workflowBundle(home: string, env: NodeJS.ProcessEnv): Promise<string> {
  if (env['WORKFLOW_BUNDLE']) return env['WORKFLOW_BUNDLE']
  const name = `workflows-${fingerprint()}`
  const file = join(home, `${name}.js`)
  const wanted = env['PAYLOAD_KEYS'] ? join(home, `${name}.encrypted.js`) : file
  if (existsSync(wanted)) return file
  for (const old of readdirSync(home).filter((entry) => /^workflows-\w+(\.encrypted)?\.js$/.test(entry))) {
    if (!old.startsWith(name)) rmSync(join(home, old))
  }
  await step('Workflow code', () => bundle(wanted, env), { always: true })
  return file
}

async function bundle(file: string, env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await runTool(process.execPath, ['temporal/bundle-main.ts', file], { cwd: checkout, env })
  } catch (error) {
    if (!(error instanceof ToolFailure)) throw error
    throw new Failure(`The workflow code cannot be bundled:\n${error.output.trim()}`)
  }
}

/** Of all that the bundle depends on. */
function fingerprint(): string {
  const files = BUNDLED.flatMap((folder) =>
    readdirSync(join(checkout, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  )
  const hash = createHash('sha256').update(process.version)
  for (const path of [join(checkout, 'package-lock.json'), ...files.toSorted()]) {
    hash.update(path).update('\0').update(readFileSync(path)).update('\0')
  }
  return hash.digest('hex').slice(0, 16)
}
