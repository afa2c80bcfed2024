import type { TestProject } from 'vitest/node'
import { provideStack } from '../stories/stack.ts'

/** Runs what `npm start -- --doors --kafka` runs, for the clients of all doors. */
export function setup(project: TestProject): Promise<() => Promise<void>> {
  return provideStack(project, ['--doors', '--kafka'])
}
