import { setTimeout } from 'node:timers/promises'

/**
 * Asks again until the answer passes, at most so many seconds; then the last failure is thrown. The bound is there for what never comes: how soon something comes is the
 * machine's business, and it may have other things to do.
 */
export async function eventually<Answer>(ask: () => Promise<Answer>, withinSeconds = 60): Promise<Answer> {
  const deadline = Date.now() + withinSeconds * 1000
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await setTimeout(25)
    }
  }
}
