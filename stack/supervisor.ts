import { Failure } from './launcher/tool.mjs'
import { tail, type Service } from './service.ts'

type Kind = 'product' | 'service'

export type Supervisor = {
  /**
   * Takes in a process as soon as it exists. Those of the product stop first, before the services they still talk to while
   * they end. Fails when everything is being stopped: whoever was starting it had better stop as well.
   */
  adopt: (service: Service, kind: Kind) => void
  /** From now on the process must not end by itself. */
  guard: (service: Service) => void
  /** Settles when a guarded process ends although nobody asked it to. */
  failed: Promise<Failure>
  stopAll: () => Promise<void>
  /** Ends all at once, without waiting. */
  forceAll: () => void
}

/** Keeps the processes of a stack together: all of them run, or none. */
export function supervise(): Supervisor {
  const adopted: Record<Kind, Set<Service>> = { product: new Set(), service: new Set() }
  const failure = Promise.withResolvers<Failure>()
  let stopping = false

  const stopAll = async (): Promise<void> => {
    stopping = true
    for (const group of [adopted.product, adopted.service]) await Promise.all([...group].map((each) => each.stop()))
  }
  const end = async (service: Service): Promise<void> => {
    await service.exited
    const message = `${service.name} stopped unexpectedly (${service.ended()}).${tail(service)}`
    if (!stopping) failure.resolve(new Failure(message))
  }
  return {
    adopt: (service, kind) => {
      adopted[kind].add(service)
      if (!stopping) return
      void service.stop()
      throw new Failure('Stopped while starting.')
    },
    guard: (service) => void end(service),
    failed: failure.promise,
    stopAll,
    forceAll: () => {
      stopping = true
      for (const group of [adopted.product, adopted.service]) for (const each of group) each.force()
    },
  }
}
