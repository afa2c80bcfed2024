import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder for one test, gone with it. Open to the database's own user, as a checkout usually is. */
export function folderForTest(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-stack-'))
  chmodSync(folder, 0o755)
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
