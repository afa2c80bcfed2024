import type { FaultPlan, Operation, Rule, Service } from './rules.ts'

/** What a rule has done so far: calls that matched it, and calls it struck. */
interface Tally {
  matched: number
  hits: number
}

export interface Faults {
  /** The rule that strikes this call, if one does. Counts, so ask once per call. */
  strike<S extends Service>(service: S, operation: Operation<S>): Rule | undefined
  /** Replaces the plan and starts every counter and random sequence again. */
  put(plan: FaultPlan): void
  read(): { seed: number; rules: Array<Rule & Tally> }
}

/**
 * A seeded fault plan [S-07], held in memory only: a restart heals. The first rule in order that strikes decides. Each rule
 * draws from its own sequence, one draw per call it could strike, so the same seed and the same calls of one kind give the
 * same faults, whatever other services do in between.
 */
export function createFaults(): Faults {
  let seed = 1
  let armed: Array<{ rule: Rule; tally: Tally; draw: () => number }> = []

  return {
    strike(service, operation) {
      for (const { rule, tally, draw } of armed) {
        if (rule.service !== service || (rule.operation ?? operation) !== operation) continue
        tally.matched += 1
        if (tally.matched <= rule.after || (rule.times !== undefined && tally.hits >= rule.times)) continue
        if (draw() >= rule.probability) continue
        tally.hits += 1
        return rule
      }
      return undefined
    },
    put(plan) {
      seed = plan.seed
      armed = plan.rules.map((rule, index) => ({
        rule,
        tally: { matched: 0, hits: 0 },
        draw: mulberry32(seed + Math.imul(index, 0x9e3779b1)),
      }))
    },
    read: () => ({ seed, rules: armed.map(({ rule, tally }) => ({ ...rule, ...tally })) }),
  }
}

/** Tommy Ettinger's 32-bit generator: numbers in [0, 1), the same for the same seed everywhere. */
function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
