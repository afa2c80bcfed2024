import { patched, sleep } from '@temporalio/workflow'
import { booking as asItIs } from '../../workflows/index.ts'

/**
 * The next version of the saga, made as docs/adr/0018 says: new bookings take one more step beside the others, and end only after it; those that
 * are under way do not know of it.
 */
export async function booking(...args: Parameters<typeof asItIs>): ReturnType<typeof asItIs> {
  const secondLook = patched('second-look') ? sleep('50 milliseconds') : null
  const result = await asItIs(...args)
  await secondLook
  return result
}
