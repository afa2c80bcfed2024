import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { findKafka, startKafka } from '../../stack/kafka.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The broker of the project `stream`, or why there is none. Topics are shared: a test uses names of its own. */
    kafka: { readonly brokers: string; readonly reason: null } | { readonly brokers: null; readonly reason: string }
  }
}

/** Starts the broker that the tests of the stream share, with data in a temporary folder, and stops it whatever happens. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const found = await findKafka().catch((error: unknown) => String(error instanceof Error ? error.message : error))
  if (typeof found === 'string') {
    project.provide('kafka', { brokers: null, reason: found })
    return async () => undefined
  }
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-kafka-'))
  const clear = () => rm(folder, { recursive: true, force: true })
  try {
    const kafka = await startKafka({ found, dataDir: join(folder, 'kafka'), port: 0, log: () => undefined })
    project.provide('kafka', { brokers: kafka.brokers, reason: null })
    return async () => {
      await kafka.stop()
      await clear()
    }
  } catch (error) {
    await clear()
    throw error
  }
}
