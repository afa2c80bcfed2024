import { sleep } from '@temporalio/workflow'
import { booking as asItIs } from '../../workflows/index.ts'

/** What somebody might do in good faith: one more timer before the first step. Runs that are under way do not know of it. */
export async function booking(...args: Parameters<typeof asItIs>): ReturnType<typeof asItIs> {
  await sleep('1 second')
  return asItIs(...args)
}
