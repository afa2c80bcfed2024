import { condition, defineUpdate, proxyLocalActivities, setHandler, sleep } from '@temporalio/workflow'

/** The two baselines: what Temporal itself costs. */

export const held = defineUpdate<string>('held')
export const paid = defineUpdate<string>('paid')

const { price, hold } = proxyLocalActivities<{ price(): Promise<string>; hold(): Promise<string> }>({
  startToCloseTimeout: '2 seconds',
})

/** Nothing at all: the floor under every workflow. */
export async function empty(): Promise<string> {
  return 'done'
}

/** A booking's skeleton: answered after two local activities, then a timer, then an update. Every activity does nothing. */
export async function bareSaga(): Promise<string> {
  let isHeld = false
  let isPaid = false
  setHandler(held, async () => {
    await condition(() => isHeld)
    return 'held'
  })
  setHandler(paid, () => {
    isPaid = true
    return 'paid'
  })
  await price()
  await hold()
  isHeld = true
  await Promise.race([sleep('10 minutes'), condition(() => isPaid)])
  return 'done'
}
