import { decodeProtectedHeader, flattenedVerify, type FlattenedJWSInput } from 'jose'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { issuerKeys, KeysUnavailable } from '../../api/identity/keys.ts'
import { openIssuer, type Issuer } from '../support/issuer.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

let issuer: Issuer
let now: number
let warnings: object[]
beforeEach(async () => {
  issuer = await openIssuer()
  now = 0
  warnings = []
})
afterEach(() => issuer.close())

function open(staleSeconds = 6 * 3600) {
  const log = { warn: (line: object) => void warnings.push(line), info: () => undefined }
  const keys = issuerKeys({ url: issuer.jwksUrl, staleSeconds }, log, () => now)
  return async (header: Parameters<Issuer['token']>[1] = {}) => {
    const [head = '', payload = '', signature = ''] = (await issuer.token({}, header)).split('.')
    const token: FlattenedJWSInput = { protected: head, payload, signature }
    try {
      await flattenedVerify(token, await keys({ alg: 'ES256', ...decodeProtectedHeader({ protected: head }) }, token))
      return 'good'
    } catch (error) {
      return error instanceof KeysUnavailable ? 'unavailable' : 'refused'
    }
  }
}

const away: Parameters<Issuer['answerWith']>[0] = (response) => response.writeHead(503).end()

test('N-51 the last good keys serve while the key server is away, for as long as is set, with a warning each time it was asked', async () => {
  const ask = open()
  expect(await ask()).toBe('good')
  issuer.answerWith(away)
  for (const at of [11 * MINUTE, HOUR, 6 * HOUR]) {
    now = at
    expect({ at, answer: await ask() }).toEqual({ at, answer: 'good' })
  }
  expect(warnings).toHaveLength(3)
  expect(warnings[1]).toMatchObject({ ageSeconds: 3600, staleSeconds: 21_600 })
  now = 6 * HOUR + 11 * MINUTE
  expect(await ask()).toBe('unavailable')
  issuer.answerWith(null)
  now += MINUTE
  expect(await ask()).toBe('good')
})

test('N-51 a server that is away is not asked for every token, and one that is back is believed', async () => {
  const ask = open()
  await ask()
  issuer.answerWith(away)
  now = 20 * MINUTE
  const asked = issuer.asked()
  await Promise.all(Array.from({ length: 50 }, () => ask()))
  expect(issuer.asked() - asked).toBe(1)
  now += 31_000
  issuer.answerWith((response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [] })),
  )
  // Its keys were withdrawn: what was good is not any more.
  expect(await ask()).toBe('refused')
})

test.each<[string, Parameters<Issuer['answerWith']>[0]]>([
  ['an error', (response) => response.writeHead(500).end()],
  ['no JSON', (response) => response.writeHead(200).end('<!doctype html>')],
  ['no keys', (response) => response.writeHead(200).end('{}')],
  ['a list', (response) => response.writeHead(200).end('[]')],
  ['somewhere else', (response) => response.writeHead(302, { location: '/jwks.json' }).end()],
  ['nothing', (response) => response.destroy()],
])('N-51 whatever is no key set counts as away: %s', async (_, answer) => {
  const ask = open()
  issuer.answerWith(answer)
  expect(await ask()).toBe('unavailable')
  issuer.answerWith(null)
  expect(await ask()).toBe('good')
  issuer.answerWith(answer)
  now = 11 * MINUTE
  expect(await ask()).toBe('good')
})

test('N-51 a key nobody knows is asked for once in thirty seconds; while nobody can say, nobody is refused for it', async () => {
  const ask = open()
  await ask()
  const asked = issuer.asked()
  for (let each = 0; each < 20; each += 1) expect(await ask({ kid: `forged-${each}` })).toBe('refused')
  expect(issuer.asked() - asked).toBe(0)
  now = MINUTE
  for (let each = 0; each < 20; each += 1) expect(await ask({ kid: `forged-${each}` })).toBe('refused')
  expect(issuer.asked() - asked).toBe(1)
  issuer.answerWith(away)
  now = 2 * MINUTE
  expect(await ask({ kid: 'new' })).toBe('unavailable')
  expect(await ask({ kid: 'new' })).toBe('unavailable')
  expect(issuer.asked() - asked).toBe(2)
  expect(await ask()).toBe('good')
})

test('N-51 with AUTH_JWKS_STALE_SECONDS=0 keys serve no longer than they are fresh', async () => {
  const ask = open(0)
  await ask()
  issuer.answerWith(away)
  now = 11 * MINUTE
  expect(await ask()).toBe('unavailable')
})
