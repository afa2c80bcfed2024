import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ownPorts } from '../ports.ts'
import { developmentSecrets } from '../secrets.ts'
import { readSettings, type StackUrls } from '../settings.ts'
import { supervise } from '../supervisor.ts'
import { bringUp } from '../up.ts'

/** What would make the stack use somebody else's data. */
const OTHERS = ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'TEMPORAL_UI_URL', 'KAFKA_BROKERS', 'REDIS_URL', 'PAYLOAD_KEYS']

/** Where a stack of one's own is: its pages are in the browser, its people in the sandbox. */
export type OwnStack = StackUrls & { readonly sandbox: string; readonly temporalUi: string }

/** Runs `work` on everything that `npm start` starts, on ports of its own and with data that is gone afterwards, whatever happens. */
export async function onOwnStack(work: (urls: OwnStack) => Promise<void>): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'holdfast-screenshots-'))
  const ports = await ownPorts()
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OTHERS.includes(name)))
  const env = { ...inherited, ...ports, HOLDFAST_HOME: home, LOG_LEVEL: 'warn' }
  const supervisor = supervise()
  const stopped = new Promise<never>((_resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => reject(new Error('Stopped.')))
  })
  const ended = async (): Promise<never> => {
    throw await supervisor.failed
  }
  const run = async (): Promise<void> => {
    const urls = await bringUp(env, readSettings(env), developmentSecrets(home), supervisor)
    const { sandbox, temporalUi } = urls
    if (sandbox === undefined || temporalUi === undefined) throw new Error('A stack of its own has both.')
    await work({ ...urls, sandbox, temporalUi })
  }
  try {
    await Promise.race([run(), ended(), stopped])
  } finally {
    await supervisor.stopAll()
    rmSync(home, { recursive: true, force: true })
  }
}
