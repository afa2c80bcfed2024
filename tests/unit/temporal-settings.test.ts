import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BadConfiguration, readTemporalConfig } from '../../config.ts'
import { environments } from '../../stack/environment.ts'
import { readSettings } from '../../stack/settings.ts'
import { connectionOptions } from '../../temporal/connect.ts'

let folder: string
let file: string
let home: Record<string, string>
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-settings-'))
  file = join(folder, 'temporalio', 'temporal.toml')
  // Where each platform has it.
  home = { XDG_CONFIG_HOME: folder, APPDATA: folder }
  mkdirSync(join(folder, 'temporalio'))
  const text = `
[profile.default]
address = "default.test:7233"
namespace = "of-default"

[profile.cloud]
address = "cloud.test:7233"
namespace = "ours.a1b2c"
api_key = "key-of-the-file"
[profile.cloud.grpc_meta]
x-team = "bookings"

[profile.mtls]
address = "mtls.test:7233"
[profile.mtls.tls]
client_cert_data = "CERT"
client_key_data = "KEY"
server_ca_cert_data = "CA"
server_name = "temporal.test"
`
  writeFileSync(file, text)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const read = (environment: Record<string, string>) => readTemporalConfig(environment)
const options = (environment: Record<string, string>) => connectionOptions(read(environment))

describe('N-76 where Temporal is', () => {
  test('N-76 a profile of temporal.toml says it, in the file that is named', async () => {
    const named = { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'cloud' }
    expect(read(named)).toMatchObject({ TEMPORAL_ADDRESS: 'cloud.test:7233', TEMPORAL_NAMESPACE: 'ours.a1b2c' })
    expect(await options(named)).toEqual({
      address: 'cloud.test:7233',
      apiKey: 'key-of-the-file',
      metadata: { 'x-team': 'bookings' },
      tls: true,
    })
    expect(await options({ ...named, TEMPORAL_PROFILE: 'mtls' })).toEqual({
      address: 'mtls.test:7233',
      tls: {
        clientCertPair: { crt: Buffer.from('CERT'), key: Buffer.from('KEY') },
        serverRootCACertificate: Buffer.from('CA'),
        serverNameOverride: 'temporal.test',
      },
    })
  })

  test('N-76 the environment overrules the file, variable by variable', async () => {
    const named = { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'cloud', TEMPORAL_ADDRESS: 'here.test:1' }
    expect(read({ ...named, TEMPORAL_NAMESPACE: 'mine' })).toMatchObject({
      TEMPORAL_ADDRESS: 'here.test:1',
      TEMPORAL_NAMESPACE: 'mine',
      TEMPORAL_API_KEY: 'key-of-the-file',
    })
    expect(await options({ ...named, TEMPORAL_TLS: 'false' })).not.toHaveProperty('tls')
    expect(read({ ...named, TEMPORAL_NAMESPACE: '' }).TEMPORAL_NAMESPACE).toBe('ours.a1b2c')
  })

  test.runIf(process.platform !== 'darwin')(
    'N-76 the file in its usual place is read where no address is set, and sends no key to another address',
    () => {
      expect(read(home)).toMatchObject({ TEMPORAL_ADDRESS: 'default.test:7233', TEMPORAL_NAMESPACE: 'of-default' })
      expect(read({ ...home, TEMPORAL_ADDRESS: 'here.test:1' }).TEMPORAL_NAMESPACE).toBe('default')
      expect(read({ ...home, TEMPORAL_PROFILE: 'cloud' }).TEMPORAL_ADDRESS).toBe('cloud.test:7233')
    },
  )

  test('N-76 our older names mean the same; two names that disagree are refused', () => {
    const older = { TEMPORAL_ADDRESS: 'x:1', TEMPORAL_TLS_CERT: 'c', TEMPORAL_TLS_KEY: 'k', TEMPORAL_TLS_CA: 'a' }
    expect(read(older)).toMatchObject({
      TEMPORAL_TLS_CLIENT_CERT_PATH: 'c',
      TEMPORAL_TLS_CLIENT_KEY_PATH: 'k',
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: 'a',
    })
    expect(() => read({ ...older, TEMPORAL_TLS_CLIENT_CERT_PATH: 'other' })).toThrow('TEMPORAL_TLS_CERT is wrong')
    expect(read({ ...older, TEMPORAL_TLS_CLIENT_CERT_PATH: 'c' })).toMatchObject({ TEMPORAL_TLS_CLIENT_CERT_PATH: 'c' })
  })

  test.each([
    ['a file that is not there', { TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml' }, 'TEMPORAL_CONFIG_FILE is wrong'],
    ['a profile that the file does not have', { TEMPORAL_PROFILE: 'nobody' }, "Profile 'nobody' not found"],
    [
      'a certificate as path and as data',
      { TEMPORAL_TLS_CLIENT_CERT_PATH: 'c', TEMPORAL_TLS_CLIENT_CERT_DATA: 'c' },
      'client_cert',
    ],
    [
      'a certificate without its key',
      { TEMPORAL_TLS_CLIENT_CERT_DATA: 'c' },
      'TEMPORAL_TLS_CLIENT_KEY_PATH is not set',
    ],
    [
      'what the SDK cannot do',
      { TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: 'true' },
      'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION is wrong',
    ],
    ['a switch that is none', { TEMPORAL_TLS: 'perhaps' }, 'TEMPORAL_TLS is wrong'],
  ])('N-76 %s stops the process by name', (_what, more, message) => {
    const environment = { TEMPORAL_CONFIG_FILE: file, ...more }
    expect(() => read(environment)).toThrow(BadConfiguration)
    expect(() => read(environment)).toThrow(message)
  })

  test('N-76 npm start uses the profile that is named, and leaves the one in the usual place to the CLI', () => {
    const named = { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'cloud' }
    expect(readSettings(named).temporalAddress).toBe('cloud.test:7233')
    expect(readSettings(home).temporalAddress).toBeUndefined()
    const urls = { api: 'http://a.test', temporalAddress: 'cloud.test:7233', databaseUrl: 'postgresql://d.test/x' }
    const secrets = { paymentWebhookSecret: 'whsec_x' }
    const of = (env: Record<string, string>) =>
      environments(env, readSettings(env), secrets, urls as never).worker as Record<string, string>
    expect(read(of(named))).toMatchObject({ TEMPORAL_NAMESPACE: 'ours.a1b2c', TEMPORAL_API_KEY: 'key-of-the-file' })
    expect(read({ ...home, ...of({}) })).toMatchObject({ TEMPORAL_NAMESPACE: 'default' })
    expect(read({ ...home, ...of({}) })).not.toHaveProperty('TEMPORAL_API_KEY')
  })
})
