import { Gauge, type Registry } from 'prom-client'
import type { Database } from '../prisma/client.ts'
import { lookAtReconciliation } from '../prisma/reconciliation.ts'
import { shared } from './shared.ts'

/**
 * Registers what the last reconciliation found, and how old it is (H-25). As of the other figures of bookings, every worker says the same; while the database
 * does not answer they keep what they said.
 */
export function reconciliationMetrics(registry: Registry, database: Database): void {
  const look = shared(() => lookAtReconciliation(database).catch(() => null))
  const age = new Gauge({
    name: 'holdfast_reconciliation_age_seconds',
    help: 'How long ago the last reconciliation was over; since the installation, when there was none.',
    registers: [],
    async collect() {
      const figures = await look()
      if (figures !== null) this.set(figures.age)
    },
  })
  const discrepancies = new Gauge({
    name: 'holdfast_reconciliation_discrepancies',
    help: 'What it found, by what became of it: repaired, told to a person (attention), still open.',
    labelNames: ['outcome'],
    registers: [],
    async collect() {
      const figures = await look()
      if (figures === null) return
      for (const outcome of ['repaired', 'attention', 'open'] as const) this.set({ outcome }, figures[outcome])
    },
  })
  for (const gauge of [age, discrepancies]) registry.registerMetric(gauge)
}
