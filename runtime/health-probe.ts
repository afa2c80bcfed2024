import { setTimeout } from 'node:timers/promises'

/** A dependency that does not answer within this time counts as down. */
const PATIENCE_MS = 2000

/** Does a dependency answer? `ask` asks it something; an answer that comes too late counts as none. */
export async function stateOf(ask: () => Promise<unknown>): Promise<'up' | 'down'> {
  const late = new AbortController()
  try {
    const up = ask().then(() => 'up' as const)
    return await Promise.race([up, setTimeout(PATIENCE_MS, 'down' as const, { signal: late.signal })])
  } catch {
    return 'down'
  } finally {
    late.abort()
  }
}
