import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { VARIABLES } from '../../config.ts'
import { checkout } from '../../stack/launcher/cache.mjs'
import { environments } from '../../stack/environment.ts'
import { ownEnvironment } from '../../stack/own-stack.ts'
import { makeLinks } from '../../stack/postgres-binaries.ts'
import { announce, retract, runningFile } from '../../stack/running.ts'
import { PORTS, readSettings } from '../../stack/settings.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-own-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('N-02 a stack of its own has a port for everything that any stack listens on, none of them the usual one, no two alike', async () => {
  const { ports } = readSettings(await ownEnvironment('/data', {}))
  const usual = Object.values(PORTS).map((port) => port.usual)
  expect(Object.keys(ports).toSorted()).toEqual(Object.keys(PORTS).toSorted())
  expect(Object.values(ports).filter((port) => usual.some((other) => other === port))).toEqual([])
  expect(new Set(Object.values(ports)).size).toBe(Object.keys(PORTS).length)
})

test('N-02 every port that the product can be told is one of them', () => {
  const known: readonly string[] = Object.values(PORTS).map(({ variable }) => variable)
  expect(VARIABLES.filter((name) => /(^|_)PORT$/.test(name) && !known.includes(name))).toEqual([])
})

test('N-02 a stack of its own takes over none of the variables that configure the product', async () => {
  const given = Object.fromEntries(VARIABLES.map((name) => [name, 'theirs']))
  const env = await ownEnvironment('/data', { ...given, HOME: '/home/ada' })
  expect(Object.entries(env).filter(([, value]) => value === 'theirs')).toEqual([])
  expect(env).toMatchObject({ HOME: '/home/ada', HOLDFAST_HOME: '/data' })
})

test('N-03 the API that npm start runs is ready only once the commands are told where everything is', () => {
  const home = folder()
  const urls = { api: 'a', docs: 'd', sandbox: 's', temporalUi: 'u', temporalAddress: 't', databaseUrl: 'p' }
  const { api, worker } = environments({}, { ...readSettings({}), home }, { paymentWebhookSecret: 'x' }, urls)
  expect(api['READY_FILE']).toBe(runningFile(home))
  expect(worker['READY_FILE']).toBeUndefined()
  announce(home, urls)
  expect(JSON.parse(readFileSync(runningFile(home), 'utf8'))).toEqual(urls)
  retract(home)
  expect(existsSync(runningFile(home))).toBe(false)
})

test('N-78 PostgreSQL’s libraries are linked wherever it is started, and again after somebody else installed', () => {
  const root = folder()
  mkdirSync(join(root, 'native', 'lib'), { recursive: true })
  writeFileSync(join(root, 'native', 'lib', 'libpq.5.18.dylib'), 'library')
  const link = 'native/lib/libpq.5.dylib'
  writeFileSync(
    join(root, 'native', 'pg-symlinks.json'),
    JSON.stringify([{ source: 'native/lib/libpq.5.18.dylib', target: link }]),
  )
  makeLinks(root)
  makeLinks(root)
  expect(lstatSync(join(root, link)).isSymbolicLink()).toBe(true)
  expect(readFileSync(join(root, link), 'utf8')).toBe('library')
})

test('N-78 N-01 the image has its base by digest, and is installed by npm ci alone', () => {
  const lines = readFileSync(join(checkout, 'Dockerfile'), 'utf8').split('\n')
  const bases = lines.filter((line) => line.startsWith('FROM ')).map((line) => line.split(' ')[1])
  expect(bases.filter((base) => !['${NODE_IMAGE}', 'base'].includes(base ?? ''))).toEqual([])
  expect(
    lines.filter((line) => /^ARG NODE_IMAGE=node:24\.\d+\.\d+-bookworm-slim@sha256:[0-9a-f]{64}$/.test(line)),
  ).toHaveLength(1)
  expect(lines.filter((line) => /npm (ci|install|i) /.test(line)).filter((line) => !line.includes('npm ci '))).toEqual(
    [],
  )
})
