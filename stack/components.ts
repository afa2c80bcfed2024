import { findChromium } from './chromium.ts'
import { findKafka } from './kafka.ts'
import { findStripeMock } from './stripe-mock.ts'
import { findPrometheus } from './observe/find.ts'
import { findPython } from './python.ts'
import { findRedis } from './redis.ts'
import { findS3Server } from './s3.ts'
import { findTemporal } from './temporal-find.ts'
import { findTimeSkippingServer } from './timeskipping.ts'

/** Something tests need and a machine may not have. A test that needs it says so in its name: "needs <name>". */
export type Component = { name: string } & ({ found: string } | { missing: string })

type Search = { name: string; find: () => Promise<{ found: string } | { missing: string }> }

const searches: readonly Search[] = [
  { name: 'Temporal server', find: temporal },
  { name: 'time-skipping server', find: timeSkipping },
  { name: 'Kafka', find: kafka },
  { name: 'stripe-mock', find: stripeMock },
  { name: 'Redis', find: redis },
  { name: 'Chromium', find: () => orMissing(async () => `from ${(await findChromium()).found}`) },
  { name: 'Prometheus', find: prometheus },
  { name: 'Python', find: () => orMissing(async () => `from ${(await findPython()).found}`) },
  { name: 'S3 server', find: () => orMissing(async () => (await findS3Server()).from) },
]

/** Looks for every component, fetching those that can be fetched, so that the tests find them at hand. */
export async function findComponents(): Promise<Component[]> {
  return Promise.all(searches.map(async ({ name, find }) => ({ name, ...(await find()) })))
}

function temporal(): Promise<{ found: string } | { missing: string }> {
  return orMissing(async () => {
    const found = await findTemporal()
    return found.kind === 'address' ? found.address : `from ${found.from}`
  })
}

function kafka(): Promise<{ found: string } | { missing: string }> {
  return orMissing(async () => {
    const found = await findKafka()
    return found.found === 'address' ? found.brokers : `from ${found.found}`
  })
}

function redis(): Promise<{ found: string } | { missing: string }> {
  return orMissing(async () => {
    const found = await findRedis()
    return found.found === 'address' ? found.url : `from ${found.found}`
  })
}

async function prometheus(): Promise<{ found: string } | { missing: string }> {
  const found = await findPrometheus()
  return 'path' in found ? { found: found.path } : found
}

async function orMissing(find: () => Promise<string>): Promise<{ found: string } | { missing: string }> {
  try {
    return { found: await find() }
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) }
  }
}

async function timeSkipping(): Promise<{ found: string } | { missing: string }> {
  const { path, reason } = await findTimeSkippingServer()
  return path === null ? { missing: reason } : { found: 'cached' }
}

async function stripeMock(): Promise<{ found: string } | { missing: string }> {
  const { path, reason } = await findStripeMock()
  return path === null ? { missing: reason } : { found: 'cached' }
}
