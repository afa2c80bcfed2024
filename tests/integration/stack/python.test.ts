import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findPython } from '../../../stack/python.ts'
import { folderForTest } from './folders.ts'

/** A python3 that says its version, makes an environment whose pip says what it is told to, and fails if it says anything. */
function pythonOf(version: string, pip = ''): { PATH: string; HOME: string } {
  const [bin, home] = [folderForTest(), folderForTest()]
  const inside = `#!/bin/sh\\necho '${pip}' >&2\\n[ -z '${pip}' ]\\n`
  const make = `mkdir -p "$3/bin" && printf "${inside}" > "$3/bin/python" && chmod 755 "$3/bin/python"`
  writeFileSync(join(bin, 'python3'), `#!/bin/sh\ncase "$2" in venv) ${make} ;; *) echo ${version} ;; esac\n`)
  chmodSync(join(bin, 'python3'), 0o755)
  return { PATH: `${bin}:/usr/bin:/bin`, HOME: home }
}

describe.skipIf(process.platform === 'win32')('finding Python for the clients of the doors', () => {
  test('F-07 makes an environment in an empty cache, once, by version and lock file', async () => {
    const env = pythonOf('3.12')
    const { found, path } = await findPython(env)
    expect({ found, there: existsSync(path) }).toEqual({ found: 'download', there: true })
    expect(await findPython(env)).toEqual({ found: 'cache', path })
    expect(readdirSync(join(env.HOME, '.cache', 'holdfast'))).toEqual([
      expect.stringMatching(/^python-3\.12-[\da-f]{12}$/),
    ])
  })

  test.each(['3.10', '2.7'])('F-07 says what to install where Python is %s or is not there', async (version) => {
    const env = pythonOf(version)
    const PATH = env.PATH.split(':')[0]
    const sentence = /^There is no Python that is new enough\. Install Python 3\.11 or later with venv/
    await expect(findPython({ ...env, PATH })).rejects.toThrow(sentence)
    await expect(findPython({ ...env, PATH: folderForTest() })).rejects.toThrow(sentence)
  })

  test.each([
    ['Failed to establish a new connection: connection refused', 'the index that pip uses is out of reach'],
    ['THESE PACKAGES DO NOT MATCH THE HASHES', 'THESE PACKAGES DO NOT MATCH THE HASHES'],
  ])('F-07 keeps nothing half of it, and says why, when pip says: %s', async (pip, told) => {
    const env = pythonOf('3.12', pip)
    await expect(findPython(env)).rejects.toThrow(told)
    expect(readdirSync(join(env.HOME, '.cache', 'holdfast'))).toEqual([])
  })
})
