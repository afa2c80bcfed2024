import { isCurrency } from '../../domain/currencies.ts'
import { toDecimal } from '../../domain/money.ts'
import { epochOf, type Instant } from '../../domain/time.ts'
import { membersOf, textOf, type TimelineEntry } from './entries.ts'

/** A line of a booking's timeline. What came from Temporal names its run and event, a fact its version. */
export type TimelineLine = {
  readonly at: Instant
  readonly kind: string
  readonly text: string
  readonly actor: { readonly role: string; readonly id: string } | null
  readonly details: Readonly<Record<string, unknown>>
  readonly workflow_id: string | null
  readonly run_id: string | null
  readonly event_id: number | null
  readonly version: number | null
}

/** What the words depend on: the booking's currency, and whether they are for staff, who are told why something failed. */
export type Wording = { readonly currency: string; readonly forStaff: boolean }

/** An amount as people write it: 120.00 USD. */
export function amountText(minor: unknown, currency: string): string {
  if (typeof minor !== 'number' || !Number.isSafeInteger(minor) || !isCurrency(currency)) return 'an unknown amount'
  return `${toDecimal({ amount: minor, currency })} ${currency}`
}

/** An instant as people write it, in UTC. */
export function timeText(instant: Instant): string {
  if (Number.isNaN(epochOf(instant))) return instant
  return `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`
}

/** Who it was: `customer ada`. */
export function actorText({ role, id }: { readonly role: string; readonly id: string }): string {
  if (role === 'system') return 'the system'
  return id === '' ? `the ${role}` : `${role} ${id}`
}

/** The actor in a payload, or null. */
export function actorIn(value: unknown): { readonly role: string; readonly id: string } | null {
  const { role, id } = membersOf(value)
  return typeof role === 'string' && typeof id === 'string' ? { role, id } : null
}

/** `: because` when there is a reason: in words when it is one of ours, like `hold_expired`, as it is when a person wrote it. */
export function because(reason: unknown): string {
  const text = textOf(reason)
  if (text === '') return ''
  return `: ${/^[a-z]+(_[a-z]+)+$/.test(text) ? plain(text) : text}`
}

/** A name out of code as words: `hold_expired`, `payBack` → `hold expired`, `pay back`. */
export function plain(name: string): string {
  if (!/^\w+$/.test(name)) return name
  return name.replaceAll('_', ' ').replaceAll(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`)
}

/** A sentence begins with a capital. */
export function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}

/** A run of a booking's workflow: its own, or one that followed up. */
export type Run = { readonly workflowId: string; readonly runId: string; readonly entries: readonly TimelineEntry[] }

/** What an entry is told with. */
export type Label = {
  readonly kind: string
  readonly text: string
  readonly actor?: TimelineLine['actor']
  readonly details?: TimelineLine['details']
}

/** A line of what came from Temporal. */
export function lineOf(line: Omit<TimelineLine, 'version'>): TimelineLine {
  return { ...line, version: null }
}

/** Why something failed, for staff only: what other services say is not for everybody. */
export function whyFor({ forStaff }: Wording, failure: string | null): string {
  return forStaff && failure !== null && failure !== '' ? `: ${failure.replace(/\.+$/, '')}` : ''
}
