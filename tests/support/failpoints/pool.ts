import { openLane, type Lane, type Telling } from './lane.ts'
import type { Story } from './stories.ts'

/** Lanes for stories that wait in line. Most of a telling is waiting for a timeout, so there may be many more lanes than processors. */
export type Pool = {
  readonly lanes: readonly Lane[]
  tell(story: Story, point: string | null, holdSeconds: number): Promise<Telling>
  close(): Promise<void>
}

export async function openPool(size: number, elsewhere: boolean): Promise<Pool> {
  const lanes: Lane[] = []
  const close = async (): Promise<void> => {
    const faults: unknown[] = []
    // One after the other: the SDK's runtime goes when a replay ends, and with it any other that is beginning.
    for (const lane of lanes) await lane.close().catch((error: unknown) => faults.push(error))
    if (faults.length > 0) throw faults[0]
  }
  try {
    while (lanes.length < size) lanes.push(await openLane(elsewhere))
  } catch (error) {
    await close()
    throw error
  }

  const free = [...lanes]
  const waiting: ((lane: Lane) => void)[] = []
  const take = (): Promise<Lane> => {
    const lane = free.pop()
    return lane === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(lane)
  }
  const giveBack = (lane: Lane): void => {
    const next = waiting.shift()
    if (next === undefined) free.push(lane)
    else next(lane)
  }
  return {
    lanes,
    async tell(story, point, holdSeconds) {
      const lane = await take()
      try {
        return await lane.tell(story, point, holdSeconds)
      } finally {
        giveBack(lane)
      }
    },
    close,
  }
}
