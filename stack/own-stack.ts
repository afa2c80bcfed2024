import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VARIABLES } from '../config.ts'
import { DOCUMENT_NAMES } from '../runtime/document-names.ts'
import { Failure } from './launcher/tool.mjs'
import { ownPorts } from './ports.ts'
import { developmentSecrets } from './secrets.ts'
import { readSettings, type StackUrls } from './settings.ts'
import { supervise } from './supervisor.ts'
import { bringUp } from './up.ts'

/** Where a stack of one's own is: its pages are in the browser, its people in the sandbox. */
export type OwnStack = StackUrls & { readonly sandbox: string; readonly temporalUi: string }

/**
 * The environment of a stack with data and ports of its own, beside whatever else runs here. Nothing that configures the product is taken over: it would
 * make the stack use somebody else's servers, or be told of an address that is not its own.
 */
export async function ownEnvironment(home: string, env = process.env): Promise<NodeJS.ProcessEnv> {
  const ours = new Set<string>([...VARIABLES, ...DOCUMENT_NAMES])
  const inherited = Object.fromEntries(Object.entries(env).filter(([name]) => !ours.has(name)))
  return { ...inherited, ...(await ownPorts()), HOLDFAST_HOME: home }
}

/**
 * Runs `work` on everything that `npm start` starts, on ports of its own and with data that is gone afterwards, whatever happens. `variables` are set for its
 * processes.
 */
export async function onOwnStack(
  name: string,
  work: (urls: OwnStack) => Promise<void>,
  variables: NodeJS.ProcessEnv = { LOG_LEVEL: 'warn' },
): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), `holdfast-${name}-`))
  const env = { ...(await ownEnvironment(home)), ...variables }
  const supervisor = supervise()
  const stopped = new Promise<never>((_resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => reject(new Failure('Stopped.')))
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
