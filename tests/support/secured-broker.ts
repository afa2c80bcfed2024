import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openCustomBroker } from './custom-broker.ts'

/** A broker that lets nobody in without TLS and a password. */
export type SecuredBroker = {
  readonly brokers: string
  readonly username: string
  readonly password: string
  /** The certificate to trust, as a file. */
  readonly certificate: string
  close(): Promise<void>
}

const [USERNAME, PASSWORD] = ['holdfast', 'correct-horse']

/** Starts one, with a certificate made for it. */
export async function openSecuredBroker(): Promise<SecuredBroker> {
  let certificate = ''
  const broker = await openCustomBroker(async ({ folder, port, controllerPort }) => {
    certificate = await makeCertificate(folder)
    const module = 'org.apache.kafka.common.security.plain.PlainLoginModule'
    const store = { location: 'broker.p12', type: 'PKCS12', password: PASSWORD }
    const stores = ['keystore', 'truststore'].flatMap((name) =>
      Object.entries(store).map(([key, value]) => [`ssl.${name}.${key}`, value]),
    )
    return {
      listeners: `SASL_SSL://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
      'advertised.listeners': `SASL_SSL://127.0.0.1:${port}`,
      'listener.security.protocol.map': 'SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT',
      'inter.broker.listener.name': 'SASL_SSL',
      'sasl.enabled.mechanisms': 'PLAIN',
      'sasl.mechanism.inter.broker.protocol': 'PLAIN',
      'listener.name.sasl_ssl.plain.sasl.jaas.config': `${module} required username="${USERNAME}" password="${PASSWORD}" user_${USERNAME}="${PASSWORD}";`,
      'ssl.key.password': PASSWORD,
      ...Object.fromEntries(stores),
    }
  })
  return { ...broker, username: USERNAME, password: PASSWORD, certificate }
}

async function makeCertificate(folder: string): Promise<string> {
  const keytool = (...args: string[]) =>
    promisify(execFile)('keytool', [...args, '-keystore', 'broker.p12', '-storepass', PASSWORD, '-alias', 'broker'], {
      cwd: folder,
    })
  const name = ['-dname', 'CN=127.0.0.1', '-ext', 'SAN=ip:127.0.0.1']
  await keytool('-genkeypair', '-keyalg', 'EC', '-storetype', 'PKCS12', '-validity', '2', ...name)
  const file = join(folder, 'broker.pem')
  await keytool('-exportcert', '-rfc', '-file', file)
  return file
}
