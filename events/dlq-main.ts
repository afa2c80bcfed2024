// `npm run dlq -- list|show|replay`: messages that could not be processed (K-05).
import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { pino } from 'pino'
import { readKafkaConfig } from '../config.ts'
import { textOf } from './consumers/dead-letters.ts'
import { listDeadLetters, replayDeadLetters, type Listed } from './dlq.ts'
import { kafkaOf } from './kafka.ts'

type Choice = { all?: true; topic?: string; json?: true }

const program = new Command('npm run dlq --').description(
  'Dead letters: messages that could not be processed. KAFKA_BROKERS says where; without it, 127.0.0.1:9092.',
)

program
  .command('list')
  .description('list those that were not replayed, the oldest first')
  .option('--all', 'also those that were')
  .option('--topic <topic>', 'only those that came from this topic')
  .option('--json', 'one JSON object a line')
  .action(async ({ all, topic, json }: Choice) => {
    const letters = (await listDeadLetters(kafka())).filter(
      (letter) => (all || !letter.isReplayed) && (topic === undefined || letter.topic === topic),
    )
    if (json) return print(letters.map((letter) => JSON.stringify(plain(letter))))
    print(letters.length === 0 ? ['There are no dead letters.'] : letters.map(lineOf))
  })

program
  .command('show <id>')
  .description('show one: where it came from, why it is here, its headers and its body')
  .action(async (id: string) => {
    const [letter] = chosen(await listDeadLetters(kafka()), [id])
    if (letter !== undefined) print([JSON.stringify(plain(letter), null, 2)])
  })

program
  .command('replay [ids...]')
  .description('send them to the topics they came from')
  .option('--all', 'every one that was not replayed yet')
  .option('--topic <topic>', 'with --all: only those that came from this topic')
  .option('--value <file>', 'with one id: send the body in this file instead of its own')
  .action(async (ids: string[], { all, topic, value: file }: Choice & { value?: string }) => {
    if (ids.length > 0 === (all === true)) throw new Error('Say which: ids, or --all.')
    if (file !== undefined && ids.length !== 1) throw new Error('--value goes with one id.')
    const letters = await listDeadLetters(kafka())
    const wanted = all
      ? letters.filter((letter) => !letter.isReplayed && (topic === undefined || letter.topic === topic))
      : chosen(letters, ids)
    await replayDeadLetters(kafka(), wanted, file === undefined ? undefined : await readFile(file, 'utf8'))
    print([`Replayed ${wanted.length}.`])
  })

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

function kafka() {
  const config = readKafkaConfig(process.env)
  const log = pino({ level: 'silent' })
  return kafkaOf({ ...config, KAFKA_BROKERS: config.KAFKA_BROKERS ?? ['127.0.0.1:9092'] }, log)
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
