// `npm run dlq -- list|show|replay`: messages that could not be processed (K-05).
import { readFile } from 'node:fs/promises'
import type { Kafka } from 'kafkajs'
import { pino } from 'pino'
import { commandLine, reaching, runCommand } from '../runtime/command-line.ts'
import { readKafkaConfig } from '../config.ts'
import { textOf } from './consumers/dead-letters.ts'
import { listDeadLetters, replayDeadLetters, type Listed } from './dlq.ts'
import { kafkaOf } from './kafka.ts'
import { DEAD_LETTERS } from './topics.ts'

type Choice = { all?: true; topic?: string; json?: true }

const program = commandLine(
  'dlq',
  'Dead letters: messages that could not be processed. KAFKA_BROKERS says where; without it, 127.0.0.1:9092.',
)

program
  .command('list')
  .description('list those that were not replayed, the oldest first')
  .option('--all', 'also those that were')
  .option('--topic <topic>', 'only those that came from this topic')
  .option('--json', 'one JSON object a line')
  .action(async ({ all, topic, json }: Choice) => {
    const letters = (await withKafka(listDeadLetters)).filter(
      (letter) => (all || !letter.isReplayed) && (topic === undefined || letter.topic === topic),
    )
    if (json) return print(letters.map((letter) => JSON.stringify(plain(letter))))
    print(letters.length === 0 ? ['There are no dead letters.'] : letters.map(lineOf))
  })

program
  .command('show <id>')
  .description('show one: where it came from, why it is here, its headers and its body')
  .action(async (id: string) => {
    const [letter] = chosen(await withKafka(listDeadLetters), [id])
    if (letter !== undefined) print([JSON.stringify(plain(letter), null, 2)])
  })

program
  .command('replay [ids...]')
  .description('send them to the topics they came from')
  .option('--all', 'every one that was not replayed yet')
  .option('--topic <topic>', 'with --all: only those that came from this topic')
  .option('--value <file>', 'with one id: send the body in this file instead of its own')
  .action(async (ids: string[], { all, topic, value: file }: Choice & { value?: string }) => {
    if (ids.length > 0 === (all === true))
      throw new Error('Say which: `npm run dlq -- replay <id>`, or `npm run dlq -- replay --all`.')
    if (file !== undefined && ids.length !== 1)
      throw new Error('--value goes with one id: `npm run dlq -- replay <id> --value <file>`.')
    const letters = await withKafka(listDeadLetters)
    const wanted = all
      ? letters.filter((letter) => !letter.isReplayed && (topic === undefined || letter.topic === topic))
      : chosen(letters, ids)
    const value = file === undefined ? undefined : await readFile(file, 'utf8')
    await withKafka((kafka) => replayDeadLetters(kafka, wanted, value))
    print([`Replayed ${wanted.length}.`])
  })

await runCommand(program)

/** Does something with the cluster at KAFKA_BROKERS. */
function withKafka<Answer>(act: (kafka: Kafka) => Promise<Answer>): Promise<Answer> {
  const config = readKafkaConfig(process.env)
  const brokers = config.KAFKA_BROKERS ?? ['127.0.0.1:9092']
  const cluster = kafkaOf({ ...config, KAFKA_BROKERS: brokers }, pino({ level: 'silent' }))
  const wayOut = 'start one with `npm start -- --kafka`, or say where it is with KAFKA_BROKERS'
  return reaching(`Kafka at ${brokers.join(', ')}`, wayOut, () => act(cluster)).catch((error: { type?: string }) => {
    if (error.type !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error
    throw new Error(
      `There is no topic ${DEAD_LETTERS} yet: the relay makes it when it starts, as with \`npm start -- --kafka\`.`,
    )
  })
}

function chosen(letters: readonly Listed[], ids: readonly string[]): Listed[] {
  return ids.map((id) => {
    const letter = letters.find((each) => each.id === id)
    if (letter === undefined)
      throw new Error(`There is no dead letter ${id}. \`npm run dlq -- list --all\` shows them.`)
    return letter
  })
}

function lineOf({ id, at, topic, partition, offset, attempts, isReplayed, reason }: Listed): string {
  const place = `${topic} ${partition}-${offset}`
  return [id, at ?? '', place, `attempts ${attempts}`, ...(isReplayed ? ['replayed'] : []), reason].join('  ')
}

/** A dead letter for people: bytes as text. */
function plain({ key, value, headers, ...letter }: Listed): object {
  const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('utf8'))
  return {
    ...letter,
    key: text(key),
    headers: Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values.map(textOf).join(', ')])),
    value: text(value),
  }
}

function print(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`)
}
