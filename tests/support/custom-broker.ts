import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findKafka } from '../../stack/kafka.ts'
import { format, javaArguments, writeProperties } from '../../stack/kafka-data.ts'
import { startService } from '../../stack/service.ts'
import { freePort } from './ports.ts'

type Place = { readonly folder: string; readonly port: number; readonly controllerPort: number }

/** A broker with settings of its own on top of the usual ones; it may take some seconds until it answers. */
export async function openCustomBroker(
  settings: (place: Place) => Promise<Record<string, string>>,
): Promise<{ readonly brokers: string; close(): Promise<void> }> {
  const found = await findKafka({ ...process.env, KAFKA_BROKERS: '' })
  if (found.found === 'address') throw new Error('a broker of its own was asked for')
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-broker-'))
  const place = { folder, port: await freePort(), controllerPort: await freePort() }
  await format(folder, found.jars)
  writeProperties(folder, place)
  // What comes later in the file counts.
  const lines = Object.entries(await settings(place)).map(([name, value]) => `${name}=${value}\n`)
  await appendFile(join(folder, 'server.properties'), lines.join(''))
  const service = await startService({
    name: 'Kafka',
    command: 'java',
    args: javaArguments(folder, found.jars, 'kafka.Kafka', ['server.properties']),
    cwd: folder,
    onLine: () => undefined,
  })
  return {
    brokers: `127.0.0.1:${place.port}`,
    async close() {
      service.force()
      await service.exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}
