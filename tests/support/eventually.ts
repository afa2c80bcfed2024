import { setTimeout } from 'node:timers/promises'

/** What `eventually` asks for will never come: it does not ask again. */
export class Never extends Error {}

/**
 * Asks again until the answer passes, at most so many seconds; then the last failure is thrown. The bound is there for what never comes: how soon something comes is the
 * machine's business, and it may have other things to do. The pauses grow: a look that fails costs more than what it looks at.
 */
export async function eventually<Answer>(ask: () => Promise<Answer>, withinSeconds = 60): Promise<Answer> {
  const deadline = Date.now() + withinSeconds * 1000
  for (let pause = 25; ; pause = Math.min(pause * 1.5, 250)) {
    try {
      return await ask()
    } catch (error) {
      if (error instanceof Never || Date.now() > deadline) throw error
      await setTimeout(pause)
    }
  }
}
