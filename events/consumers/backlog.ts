import { setTimeout } from 'node:timers/promises'
import { CompressionTypes, type Producer } from 'kafkajs'
import type { Logger } from 'pino'
import { claimMessages, putOffMessage, removeMessage, type ConsumedMessage } from '../../prisma/consumed.ts'
import type { Database } from '../../prisma/client.ts'
import { DEAD_LETTERS } from '../topics.ts'
import { messageOfDeadLetter } from './dead-letters.ts'
import { Unreadable } from './reading.ts'

export type BacklogPorts = {
  readonly database: Database
  readonly log: Logger
  /** For dead letters. */
  readonly producer: Pick<Producer, 'send'>
  /** Does what a message says and tells what became of it. Throws Unreadable for what no further try can mend. */
  readonly apply: (message: ConsumedMessage) => Promise<string>
  readonly counted: (topic: string, outcome: string) => void
  /** How long a message is tried that cannot be processed yet. */
  readonly patienceMs: number
  /** The consumer group, which dead letters name. */
  readonly group: string
}

/** How many messages, each of another lane, are processed at a time. */
const AT_ONCE = 20
/** A backlog with nothing due is looked at this often; what is stored here wakes it. */
const IDLE_MS = 250
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 60_000

/**
 * Deals with the messages that were stored, lane by lane, until stopped: one that cannot be processed is tried again after 0.5, 1, 2, 4 … seconds,
 * a minute at the most, and goes to the dead letters when the patience is over, or at once when no try can mend it (K-05). Several may run side by
 * side. `stop` resolves when what is in hand is done; what waits, waits in the database.
 */
export function startBacklog(ports: BacklogPorts): { readonly wake: () => void; stop(): Promise<void> } {
  const { database, log } = ports
  const inHand = new Set<Promise<void>>()
  const stopping = new AbortController()
  let asleep = new AbortController()
  const wake = () => asleep.abort()

  const take = (message: ConsumedMessage) => {
    const done = dealWith(ports, message)
      .catch((error: unknown) => log.error({ err: error, ...placeOf(message) }, 'a message could not be processed'))
      .finally(() => {
        inHand.delete(done)
        wake()
      })
    inHand.add(done)
  }

  const running = (async () => {
    while (!stopping.signal.aborted) {
      asleep = new AbortController()
      const free = AT_ONCE - inHand.size
      const claimed = free === 0 ? [] : await claimDue(database, free, log)
      for (const message of claimed) take(message)
      if (claimed.length === 0) await setTimeout(IDLE_MS, undefined, { signal: asleep.signal }).catch(() => undefined)
    }
    await Promise.all(inHand)
  })()

  return {
    wake,
    async stop() {
      stopping.abort()
      wake()
      await running
    },
  }
}

async function claimDue(database: Database, limit: number, log: Logger): Promise<ConsumedMessage[]> {
  try {
    return await claimMessages(database, limit)
  } catch (error) {
    log.error({ err: error }, 'the backlog of messages could not be read')
    return []
  }
}

async function dealWith(ports: BacklogPorts, message: ConsumedMessage): Promise<void> {
  const { database, log, counted, patienceMs } = ports
  try {
    const outcome = await ports.apply(message)
    await removeMessage(database, message.id)
    counted(message.topic, outcome)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const isOver = Date.now() - message.receivedAt.getTime() >= patienceMs
    if (error instanceof Unreadable || isOver) {
      await bury(ports, message, reason)
      return
    }
    counted(message.topic, 'put_off')
    log.warn({ ...placeOf(message), attempts: message.attempts, reason }, 'message put off')
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(message.attempts - 1, 10))
    await putOffMessage(database, message.id, pause, reason)
  }
}

/** Sends a message to the dead letters, and only then forgets it: killed in between, it is there twice. */
async function bury(ports: BacklogPorts, message: ConsumedMessage, reason: string): Promise<void> {
  const { database, producer, log, counted, group } = ports
  const letter = messageOfDeadLetter({ ...message, reason, group }, new Date())
  // Compressed, because with the reason in it a message that just fitted would not fit any more.
  await producer.send({ topic: DEAD_LETTERS, acks: -1, compression: CompressionTypes.GZIP, messages: [letter] })
  await removeMessage(database, message.id)
  counted(message.topic, 'dead')
  log.error({ ...placeOf(message), attempts: message.attempts, reason }, 'message sent to the dead letters')
}

function placeOf({ topic, partition, offset }: ConsumedMessage): object {
  return { topic, partition, offset }
}
