import { createHash } from 'node:crypto'
import type { Client } from '@temporalio/client'
import type { Logger } from 'pino'
import { BadConfiguration, type Config } from '../config.ts'
import { isOutage, type Database } from '../prisma/client.ts'
import { keysOfSecrets, listPayloadKeys, notePayloadKey } from '../prisma/payload-keys.ts'
import { payloadKeysOf, type PayloadKey } from '../temporal/codec.ts'
import { startPoller, type Poller } from './poller.ts'

type Ports = {
  readonly config: Pick<Config, 'PAYLOAD_KEYS' | 'TASK_QUEUE'>
  readonly database: Database
  readonly temporal: Client
  readonly log: Logger
}

/** How often a process notes that its key still encrypts, in milliseconds; a process that is killed may have used it for so long unnoted. */
const NOTED_EVERY_MS = 60_000

/**
 * Throws BadConfiguration when PAYLOAD_KEYS lacks a key that something still needs: open runs from the time when it encrypted, or secrets of webhook
 * endpoints (N-77). Without it those bookings would halt while their payments are taken. Where the database is out of reach nobody can say; that is
 * logged, and the process starts.
 */
export async function requirePayloadKeys(ports: Ports): Promise<void> {
  const faults = await faultsAndNote(ports).catch((error: unknown) => {
    if (!isOutage(error)) throw error
    ports.log.warn({ err: error }, 'the database cannot be asked which payload keys are needed')
    return []
  })
  if (faults.length > 0) {
    throw new BadConfiguration(`${faults.join(' ')} Put it back behind the others, as docs/runbook.md says.`)
  }
}

/** A process without faults notes its key before it encrypts anything: one that dies at once has not used it unnoted. */
async function faultsAndNote(ports: Ports): Promise<string[]> {
  const faults = await faultsOf(ports)
  if (faults.length === 0) await noteKey(ports)
  return faults
}

async function faultsOf({ config, database, temporal }: Ports): Promise<string[]> {
  const given = new Map(keysOf(config).map((key) => [key.id, fingerprintOf(key)]))
  const faults: string[] = []
  for (const { id, fingerprint, lastUsedAt } of await listPayloadKeys(database)) {
    if (given.get(id) === fingerprint) continue
    const until = new Date(lastUsedAt.getTime() + NOTED_EVERY_MS).toISOString()
    const { count } = await temporal.workflow.count(
      `TaskQueue = '${config.TASK_QUEUE}' AND ExecutionStatus = 'Running' AND StartTime <= '${until}'`,
    )
    const other = given.has(id) ? 'has another secret for' : 'lacks'
    if (count > 0) faults.push(`PAYLOAD_KEYS ${other} the key ${id}, which ${count} open runs need.`)
  }
  const secrets = (await keysOfSecrets(database)).filter((id) => !given.has(id))
  return [
    ...faults,
    ...secrets.map((id) => `PAYLOAD_KEYS lacks the key ${id}, which secrets of webhook endpoints need.`),
  ]
}

async function noteKey({ config, database }: Pick<Ports, 'config' | 'database'>): Promise<void> {
  const [key] = keysOf(config)
  if (key !== undefined) await notePayloadKey(database, { id: key.id, fingerprint: fingerprintOf(key) })
}

/** Notes the key that encrypts, now and then, until stopped; null: there is none. */
export function startNotingKey(ports: Ports): Poller | null {
  if (keysOf(ports.config).length === 0) return null
  const round = async () => {
    await noteKey(ports)
    return false
  }
  const trouble = 'the payload key in use could not be noted'
  return startPoller({ round, intervalMs: NOTED_EVERY_MS, log: ports.log, trouble })
}

const keysOf = ({ PAYLOAD_KEYS: text }: Ports['config']): readonly PayloadKey[] =>
  text === undefined ? [] : payloadKeysOf(text)

/** Tells keys of one name apart, and gives nothing of them away. */
const fingerprintOf = ({ secret }: PayloadKey): string => createHash('sha256').update(secret).digest('hex').slice(0, 16)
