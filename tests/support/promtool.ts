import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { cacheFolder, fillOnce } from '../../stack/launcher/cache.mjs'
import { runTool } from '../../stack/launcher/tool.mjs'

/** Finds promtool: on the PATH, in the cache, or out of Debian's package, which is unpacked and not installed. Null: there is none. */
export async function findPromtool(): Promise<string | null> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    if (folder !== '' && existsSync(join(folder, 'promtool'))) return join(folder, 'promtool')
  }
  const folder = join(cacheFolder().path, 'promtool-debian')
  const path = join(folder, 'promtool')
  if (existsSync(path)) return path
  try {
    await fillOnce(folder, async (to) => {
      // Without root there are no fresh lists of packages; those that are there may do.
      await runTool('apt-get', ['update']).catch(() => '')
      await runTool('apt-get', ['download', 'prometheus'], { cwd: to })
      const packed = readdirSync(to).find((name) => name.endsWith('.deb'))
      await runTool('dpkg', ['-x', packed ?? '', 'unpacked'], { cwd: to })
      renameSync(join(to, 'unpacked', 'usr', 'bin', 'promtool'), join(to, 'promtool'))
      for (const used of ['unpacked', packed ?? '']) rmSync(join(to, used), { recursive: true, force: true })
    })
    return path
  } catch {
    return null
  }
}
