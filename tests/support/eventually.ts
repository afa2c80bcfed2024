import { setTimeout } from 'node:timers/promises'

/** Asks again until the answer passes, at most so many seconds; then the last failure is thrown. */
export async function eventually<Answer>(ask: () => Promise<Answer>, withinSeconds = 15): Promise<Answer> {
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
