import { Kafka, logLevel, type KafkaConfig, type logCreator, type SASLOptions } from 'kafkajs'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'

/** What of the configuration says where Kafka is and how to get in. */
export type KafkaAddress = Pick<
  Config,
  'KAFKA_BROKERS' | 'KAFKA_SSL' | 'KAFKA_SASL_MECHANISM' | 'KAFKA_SASL_USERNAME' | 'KAFKA_SASL_PASSWORD'
>

/** The client of Kafka: TLS and SASL by configuration, its log lines among ours. Connects to nothing yet. */
export function kafkaOf(config: KafkaAddress, log: Logger): Kafka {
  if (config.KAFKA_BROKERS === undefined) throw new Error('KAFKA_BROKERS is not set')
  const sasl = saslOf(config)
  const options: KafkaConfig = {
    clientId: 'holdfast',
    brokers: [...config.KAFKA_BROKERS],
    connectionTimeout: 3000,
    requestTimeout: 15_000,
    // Whoever uses it tries again in a way of their own. With the usual five tries a send to a broker that is away took 12 s to fail.
    retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1000 },
    logLevel: log.isLevelEnabled('debug') ? logLevel.DEBUG : logLevel.INFO,
    logCreator: logInto(log),
    ...((config.KAFKA_SSL || sasl !== undefined) && { ssl: config.KAFKA_SSL }),
    ...(sasl !== undefined && { sasl }),
  }
  return new Kafka(options)
}

/** Asks the cluster who is in it, once, over a connection of its own. Throws when nobody answers or lets us in. */
export async function askCluster(kafka: Kafka): Promise<void> {
  const admin = kafka.admin({ retry: { retries: 0 } })
  try {
    await admin.connect()
    await admin.describeCluster()
  } finally {
    await admin.disconnect()
  }
}

function saslOf({
  KAFKA_SASL_MECHANISM: mechanism,
  KAFKA_SASL_USERNAME: username,
  KAFKA_SASL_PASSWORD: password,
}: KafkaAddress): SASLOptions | undefined {
  if (mechanism === undefined || username === undefined || password === undefined) return undefined
  return { mechanism, username, password }
}

// What it calls an error it goes on to try again: an attempt to connect, a coordinator that is still loading.
const LEVELS = { 1: 'warn', 2: 'warn', 4: 'info', 5: 'debug' } as const

function logInto(log: Logger): logCreator {
  return () =>
    ({ namespace, level, log: { timestamp: _timestamp, logger: _logger, stack: _stack, message, ...more } }) => {
      if (level === logLevel.NOTHING) return
      log[LEVELS[level]]({ ...more, source: 'kafka', part: namespace }, message)
    }
}
