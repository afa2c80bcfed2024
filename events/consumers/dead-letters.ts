import type { IHeaders, KafkaMessage, Message } from 'kafkajs'
import type { StoredHeaders } from '../../prisma/consumed.ts'

/** A message that could not be processed, where it came from, and why (K-05). */
export type DeadLetter = {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: StoredHeaders
  readonly reason: string
  readonly attempts: number
  /** The consumer group that gave it up: others that read the topic may have had no trouble with it. */
  readonly group: string
}

/** The headers that a dead letter has besides its own. */
const PREFIX = 'dead-letter-'
/** On a dead letter's own topic: says that another one there was replayed. */
const REPLAYED = `${PREFIX}replayed`

/** A dead letter as a message: key, value and headers as they were, and ours beside them. */
export function messageOfDeadLetter(letter: DeadLetter, at: Date): Message {
  return {
    key: bufferOf(letter.key),
    value: bufferOf(letter.value),
    headers: {
      ...originalHeaders(letter),
      [`${PREFIX}reason`]: letter.reason,
      [`${PREFIX}attempts`]: String(letter.attempts),
      [`${PREFIX}group`]: letter.group,
      [`${PREFIX}topic`]: letter.topic,
      [`${PREFIX}partition`]: String(letter.partition),
      [`${PREFIX}offset`]: letter.offset,
      [`${PREFIX}at`]: at.toISOString(),
    },
  }
}

/** A dead letter as the message it was before. */
export function originalOf(letter: DeadLetter): Message {
  return { key: bufferOf(letter.key), value: bufferOf(letter.value), headers: originalHeaders(letter) }
}

/** Reads a dead letter back; what somebody else put on the topic is shown as far as it goes. */
export function deadLetterOf({ key, value, headers }: KafkaMessage): DeadLetter & { readonly at: string | null } {
  const own = (name: string): string | null => storedHeaders(headers)[`${PREFIX}${name}`]?.map(textOf).at(-1) ?? null
  return {
    topic: own('topic') ?? '',
    partition: Number(own('partition') ?? -1),
    offset: own('offset') ?? '',
    key,
    value,
    headers: storedHeaders(headers),
    reason: own('reason') ?? '',
    attempts: Number(own('attempts') ?? 0),
    group: own('group') ?? '',
    at: own('at'),
  }
}

/** The message which says that the dead letter of this id was replayed. */
export function markOfReplay(id: string, at: Date): Message {
  return { key: null, value: null, headers: { [REPLAYED]: id, [`${PREFIX}at`]: at.toISOString() } }
}

/** The id of the dead letter that a message marks as replayed; null when it is none of these. */
export function replayedBy({ headers }: KafkaMessage): string | null {
  return storedHeaders(headers)[REPLAYED]?.map(textOf).at(-1) ?? null
}

/** Headers as they can be stored, byte for byte. */
export function storedHeaders(headers: IHeaders | undefined): StoredHeaders {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [
      name,
      // A header may be there without a value, whatever the types say.
      [value].flat().flatMap((each) => (each == null ? [] : [Buffer.from(each).toString('base64')])),
    ]),
  )
}

/** A stored header's value as text. */
export function textOf(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8')
}

function originalHeaders({ headers }: Pick<DeadLetter, 'headers'>): IHeaders {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !name.startsWith(PREFIX))
      .map(([name, values]) => [name, values.map((value) => Buffer.from(value, 'base64'))]),
  )
}

function bufferOf(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes)
}
