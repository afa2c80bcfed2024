import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkout } from '../../../stack/launcher/cache.mjs'
import { commands } from '../../../stack/launcher/commands.mjs'
import { folderForTest } from './folders.ts'

/** Listens on no machine: what is asked there is refused at once. */
const NOBODY = '127.0.0.1:1'

type Ended = { code: number | null; out: string; errors: string }

async function run(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const [file = '', ...given] = commands[name]?.run ?? []
  const bare = { PATH: process.env['PATH'], HOME: process.env['HOME'], HOLDFAST_HOME: folderForTest() }
  const flags = ['--disable-warning=ExperimentalWarning', join(checkout, file), ...given, ...args]
  const child = spawn(process.execPath, flags, { cwd: checkout, env: { ...bare, ...env } })
  const said = { out: '', errors: '' }
  child.stdout.on('data', (chunk) => (said.out += String(chunk)))
  child.stderr.on('data', (chunk) => (said.errors += String(chunk)))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...said })))
}

/** One line that ends as a sentence, and nothing of a stack. */
const SENTENCE = /^[A-Z-][^\n]+[.\w]\n$/

describe.concurrent.each(Object.keys(commands))('npm run %s', (name) => {
  test('N-04 says with --help what it takes, and ends well', { timeout: 120_000 }, async () => {
    const { code, out } = await run(name, ['--help'])
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringContaining(`npm ${name === 'start' || name === 'test' ? '' : 'run '}${name} --`),
    })
  })

  test('N-04 answers a flag that it does not know in a sentence, with what to type', { timeout: 120_000 }, async () => {
    const { code, errors } = await run(name, ['--frobnicate'])
    expect(code).not.toBe(0)
    expect(errors).toMatch(SENTENCE)
    expect(errors).toMatch(/frobnicate.*npm /)
  })
})

describe.concurrent('a command whose server is not there', () => {
  const unreachable = [
    ['token', [], {}, /`npm start`/],
    ['token', ['--role', 'boss'], {}, /boss.*customer, student, provider, operator, service.*--help/],
    ['demo', [], {}, /`npm start`/],
    ['audit', [], {}, /`npm start`.*DATABASE_URL/],
    ['audit', [], { DATABASE_URL: `postgresql://me:secret@${NOBODY}/x`, TEMPORAL_ADDRESS: NOBODY }, /127\.0\.0\.1:1/],
    ['migrate', [], {}, /DATABASE_URL is not set.*npm run migrate/],
    ['migrate', [], { DATABASE_URL: `postgresql://me:secret@${NOBODY}/x` }, /127\.0\.0\.1:1\/x cannot be reached/],
    ['search-attributes', [], {}, /TEMPORAL_ADDRESS is not set.*npm run search-attributes/],
    ['search-attributes', [], { TEMPORAL_ADDRESS: NOBODY }, /127\.0\.0\.1:1 cannot be reached.*TEMPORAL_ADDRESS/],
    ['rollout', ['status'], { TEMPORAL_ADDRESS: NOBODY }, /127\.0\.0\.1:1 cannot be reached.*`npm start`/],
    ['dlq', ['list'], { KAFKA_BROKERS: NOBODY }, /127\.0\.0\.1:1 cannot be reached.*`npm start -- --kafka`/],
  ] as const

  test.each(unreachable)(
    'N-04 %s %j says so in a sentence, and what to type',
    { timeout: 120_000 },
    async (name, args, env, told) => {
      const { code, errors } = await run(name, args, env)
      expect(code).not.toBe(0)
      expect(errors).toMatch(SENTENCE)
      expect(errors).toMatch(told)
      expect(errors).not.toContain('secret')
    },
  )
})
