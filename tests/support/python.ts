import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { messageOf } from '../../events/envelope.ts'
import { leash } from '../../stack/leash.ts'
import { findPython } from '../../stack/python.ts'
import type { World } from './world.ts'

/** What a client in Python found at one check of its document. */
export type Finding = { readonly name: string; readonly ok: boolean; readonly detail: string }

/** What a document leaves to others (the payment itself), done for its client when it asks. */
type Answers = Readonly<Record<string, (question: Record<string, string>) => Promise<unknown>>>

/** Why there is no Python here; null: there is one. Tests that need it say so ("needs Python") and are skipped then. */
export const noPython = await findPython().then(
  () => null,
  (error: unknown) => (error instanceof Error ? error.message : String(error)),
)

/** For the titles of those tests. */
export const NEEDS_PYTHON = `needs Python${noPython === null ? '' : `: ${noPython}`}`

/**
 * Runs a program of tests/doors/python to its end, and gives what it found. It is told its settings in a line of JSON; it prints a line for each check,
 * and one for each question, to which it reads the answer. Throws when it ends badly.
 */
export async function runPython(file: string, settings: object, answers: Answers = {}): Promise<Finding[]> {
  const { path } = await findPython()
  const program = fileURLToPath(new URL(`../doors/python/${file}`, import.meta.url))
  // Without the environment's own packages, and without compiled files in the checkout.
  const child = spawn(path, ['-E', '-s', '-B', '-X', 'faulthandler', program], { stdio: ['pipe', 'pipe', 'pipe'] })
  const release = child.pid === undefined ? () => undefined : leash(child.pid, 'SIGKILL')
  const ended = once(child, 'close')
  // Told by the exit code, where it is awaited.
  ended.catch(() => undefined)
  child.stdin.on('error', () => undefined)
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString()
  })
  const write = (line: unknown) => child.stdin.write(`${JSON.stringify(line)}\n`)
  const findings: Finding[] = []
  try {
    write(settings)
    for await (const text of createInterface({ input: child.stdout })) {
      const line = JSON.parse(text) as Finding | { readonly ask: string }
      if ('name' in line) findings.push(line)
      else write({ answer: (await answerer(answers, line.ask)(line)) ?? null })
    }
    const [code, signal] = (await ended) as [number | null, string | null]
    if (code !== 0) throw new Error(`${file} ended with ${signal ?? code}: ${complaints}`)
    return findings
  } finally {
    child.kill('SIGKILL')
    release()
  }
}

/** Every message that a world has for Kafka so far, as the relay sends it (K-02). */
export async function eventsOf(world: World): Promise<{ key: string; type: string; value: string }[]> {
  const rows = await world.parts.database.outboxMessage.findMany({ orderBy: { id: 'asc' } })
  return rows.map((row) => {
    const message = messageOf({ ...row, id: String(row.id), payload: JSON.stringify(row.payload) })
    return { key: String(message.key), type: row.eventType, value: String(message.value) }
  })
}

function answerer(answers: Answers, question: string) {
  const answer = answers[question]
  if (answer === undefined) throw new Error(`nobody answers ${question}`)
  return answer
}
