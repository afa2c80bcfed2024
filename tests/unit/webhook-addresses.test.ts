import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allowedAddresses, guardedLookup, isAllowed } from '../../services/webhooks/addresses.ts'
import { openPoster } from '../../services/webhooks/poster.ts'
import { newSecret, seal, unseal } from '../../services/webhooks/secrets.ts'
import { openReceiver, type Receiver } from '../support/webhook-receiver.ts'

const nobody = allowedAddresses('false')!

describe('W-05 which addresses requests may leave for', () => {
  test.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'ff02::1',
    'localhost',
    '',
  ])('not %s', (address) => {
    expect(isAllowed(address, nobody)).toBe(false)
  })

  test.each(['8.8.8.8', '93.184.216.34', '172.32.0.1', '2606:4700::1111'])('%s', (address) => {
    expect(isAllowed(address, nobody)).toBe(true)
  })

  test('those that are listed, besides, or all', () => {
    const some = allowedAddresses('10.1.0.0/16, ::1')!
    expect(['10.1.9.9', '::1', '8.8.8.8'].map((address) => isAllowed(address, some))).toEqual([true, true, true])
    expect(['10.2.0.1', '127.0.0.1'].map((address) => isAllowed(address, some))).toEqual([false, false])
    expect(isAllowed('127.0.0.1', allowedAddresses('true')!)).toBe(true)
    for (const wrong of ['yes', '10.0.0.0/99', 'localhost']) expect(allowedAddresses(wrong)).toBeNull()
  })

  test('a name is judged by what it stands for, when the connection is made', async () => {
    const lookup = promisify(guardedLookup(nobody))
    await expect(lookup('localhost', { all: true })).rejects.toThrow('has an address that is not public')
  })
})

describe('W-05 a request', () => {
  let receiver: Receiver
  beforeAll(async () => {
    receiver = await openReceiver()
  })
  afterAll(() => receiver.close())

  test('does not leave for a private address, by number or by name', async () => {
    const poster = openPoster(nobody, 1000)
    const { port } = new URL(receiver.url)
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '2130706433', '0x7f.1']) {
      const answer = await poster.post(`http://${host}:${port}/`, {}, '{}')
      expect(answer).toMatchObject({ status: null, error: expect.stringContaining('public') })
    }
    expect(receiver.delivered).toEqual([])
    await poster.close()
  })

  test('follows no redirect, and is over in time when nobody answers', async () => {
    const poster = openPoster(allowedAddresses('true')!, 300)
    receiver.next('/', { redirect: `${receiver.url}/elsewhere` }, 'hang')
    expect(await poster.post(`${receiver.url}/`, {}, '{}')).toEqual({ status: 307, error: 'answered 307' })
    expect(await poster.post(`${receiver.url}/`, {}, '{}')).toEqual({ status: null, error: 'no answer in time' })
    expect(receiver.delivered.map(({ path }) => path)).toEqual(['/', '/'])
    await poster.close()
  })
})

describe('W-02 a stored secret', () => {
  const key = (id: string, byte: number) => ({ id, secret: Buffer.alloc(32, byte) })

  test('is encrypted with the first key, and read with any', () => {
    const secret = newSecret()
    const stored = seal(secret, [key('new', 1)])
    expect(stored).not.toContain(secret.slice(6, 30))
    expect(unseal(stored, [key('newer', 2), key('new', 1)])).toBe(secret)
    expect(() => unseal(stored, [key('newer', 2)])).toThrow('there is no key new')
    expect(() => unseal(stored, [key('new', 2)])).toThrow()
    expect(unseal(seal(secret, []), [])).toBe(secret)
  })
})
