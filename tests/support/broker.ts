import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findKafka, startKafka, type Kafka } from '../../stack/kafka.ts'
import { freePort } from './ports.ts'

/** A broker of one's own, for tests that end it. */
export type Broker = {
  readonly brokers: string
  /** Ends it as kill -9 does. */
  crash(): Promise<void>
  /** Starts it again on the same port and data. */
  restart(): Promise<void>
  close(): Promise<void>
}

/** Starts a broker besides the one that all tests of the project `stream` share. */
export async function openBroker(): Promise<Broker> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-broker-'))
  const port = await freePort()
  const found = await findKafka({ ...process.env, KAFKA_BROKERS: '' })
  const start = () => startKafka({ found, dataDir: join(folder, 'kafka'), port, log: () => undefined })
  let kafka: Kafka = await start()
  return {
    brokers: kafka.brokers,
    async crash() {
      kafka.service?.force()
      await kafka.service?.exited
    },
    async restart() {
      kafka = await start()
    },
    async close() {
      kafka.service?.force()
      await kafka.service?.exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}
