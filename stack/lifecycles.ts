import { STATUSES, statusesOf, TRIGGERS, next, type Trigger } from '../domain/lifecycle.ts'
import type { Policy } from '../domain/policy.ts'
import { opensMinutes } from '../domain/visits.ts'
import { PROFILES } from '../profiles/index.ts'
import { PROFILE_NAMES, type Profile } from '../profiles/profile.ts'

/** Where the document is, from the checkout. */
export const LIFECYCLES_FILE = 'docs/lifecycles.md'

/** What each trigger means, for people; `Record` so that none is forgotten. */
const MEANING: Readonly<Record<Trigger, string>> = {
  confirm: 'it is paid (or free), and its units are committed',
  await_approval: 'it is authorised, and a person has to say yes',
  expire: 'its hold ran out unpaid',
  fail: 'the payment failed, or the units were lost',
  cancel: 'a person cancels',
  decline: 'the approver says no, or nothing in time',
  revive: 'it is paid after all, and the same units are still free',
  check_in: 'the guest has arrived',
  start: 'the session or visit begins',
  complete: 'it is over, because somebody says so or a day after its end',
  next_visit: 'one visit is over, and another one of the booking is ahead',
  no_show: 'the customer did not come',
  undo_no_show: 'the customer did come after all',
  refund: 'the whole amount is back with the customer',
}

/** The life cycles and policies of all profiles as a page with diagrams, made from the very tables that the engine goes by. */
export function lifecyclesDocument(): string {
  const profiles = PROFILE_NAMES.map((name) => PROFILES[name])
  return `${[
    '# Life cycles and policies',
    'Made by `npm run lifecycles` from `profiles/`; a test fails when this page is stale. An arrow is a trigger; what has no arrow is illegal.',
    table(
      ['trigger', 'it happens when'],
      TRIGGERS.map((trigger) => [`\`${trigger}\``, MEANING[trigger]]),
    ),
    ...profiles.flatMap((profile) => [`## ${profile.name}`, diagramOf(profile), policyTable(profile)]),
    '## All of them, side by side',
    table(
      ['', ...profiles.map(({ name }) => name)],
      Object.entries(policyOf).map(([what, told]) => [what, ...profiles.map((profile) => told(profile))]),
    ),
  ].join('\n\n')}\n`
}

function diagramOf({ lifecycle }: Profile): string {
  const used = statusesOf(lifecycle)
  const arrows = STATUSES.flatMap((from) =>
    TRIGGERS.flatMap((by) => {
      const to = next(lifecycle, from, by)
      return to === undefined ? [] : [`    ${from} --> ${to}: ${by}`]
    }),
  )
  const ends = used.filter((status) => TRIGGERS.every((by) => next(lifecycle, status, by) === undefined))
  return [
    '```mermaid',
    'stateDiagram-v2',
    '    [*] --> pending: held',
    ...arrows,
    ...ends.map((status) => `    ${status} --> [*]`),
    '```',
  ].join('\n')
}

/** What a profile promises, by the question it answers. */
const policyOf: Readonly<Record<string, (profile: Profile) => string>> = {
  'held for': ({ policy }) => span(policy.holdSeconds),
  'kept from others after that for': ({ policy }) => span(policy.lapseGraceSeconds),
  'extended on request by': ({ policy }) => `${span(policy.extendSeconds)}, ${policy.maxExtensions} times at most`,
  'kept while a payment’s outcome is not known for': ({ policy }) => `${span(policy.processingGraceSeconds)} at most`,
  'the approver has': ({ policy, lifecycle }) =>
    lifecycle.pending?.await_approval === undefined ? 'no approval' : span(policy.approvalSeconds),
  'a declined payment': ({ policy }) =>
    policy.onPaymentFailed === 'cancel' ? 'cancels the booking' : 'may be tried again until the hold ends',
  'the money is': ({ policy }) =>
    policy.capture === 'manual' ? 'authorised, and taken when the units are committed' : 'taken at once',
  'comes back when the customer cancels': ({ policy }) => tiersText(policy),
  'a no-show by itself': ({ policy, lifecycle }) =>
    lifecycle.confirmed?.no_show === undefined || policy.noShowGraceSeconds === null
      ? 'never'
      : `${span(policy.noShowGraceSeconds)} after the start`,
  'a no-show costs': ({ policy, lifecycle }) =>
    lifecycle.confirmed?.no_show === undefined ? 'no no-shows' : `${policy.noShowFeePercent} % of the price`,
  'guests are let in, visits begin': ({ policy, lifecycle }) =>
    lifecycle.confirmed?.check_in === undefined && lifecycle.confirmed?.start === undefined
      ? 'not recorded'
      : `${span(60 * opensMinutes(policy))} before the start`,
  'kept free before and after': ({ policy: { bufferBeforeMinutes, bufferAfterMinutes } }) =>
    bufferBeforeMinutes + bufferAfterMinutes === 0
      ? 'nothing'
      : `${span(60 * bufferBeforeMinutes)}, ${span(60 * bufferAfterMinutes)}`,
  'booked ahead': ({ policy }) =>
    `${policy.minNoticeMinutes === 0 ? 'until it starts' : `at least ${span(60 * policy.minNoticeMinutes)}`}, ` +
    (policy.maxLeadDays === null ? 'any time' : `at most ${policy.maxLeadDays} days`),
  reminders: ({ policy }) =>
    policy.reminders.map(({ type, offsetMinutes }) => `${type} ${offsetText(offsetMinutes)}`).join(', ') || 'none',
  'sold in': ({ currencies, defaultCurrency }) =>
    currencies === null ? `any currency, ${defaultCurrency} by default` : currencies.join(', '),
  'changes name the version': ({ shape }) => (shape.versionRequired ? 'always' : 'if they like'),
}

function policyTable(profile: Profile): string {
  return table(
    ['', profile.name],
    Object.entries(policyOf).map(([what, told]) => [what, told(profile)]),
  )
}

/** Refund tiers, the longest first: each holds strictly more than so many hours before the start. */
function tiersText({ refundTiers }: Policy): string {
  const tiers = refundTiers.toSorted((a, b) => b.hoursBefore - a.hoursBefore)
  const told = tiers.map(
    ({ hoursBefore, percent }) => `${percent} % until ${span(3600 * hoursBefore)} before the start`,
  )
  return [...told, 'then nothing'].join(', ').replaceAll('until 0 s before the start', 'until the start')
}

function offsetText(minutes: number): string {
  return minutes === 0 ? 'at the start' : `${span(60 * Math.abs(minutes))} ${minutes < 0 ? 'before' : 'after'}`
}

const UNITS = [
  ['day', 86_400],
  ['h', 3600],
  ['min', 60],
] as const

/** A length of time in the largest unit that it is a whole number of. */
function span(seconds: number): string {
  const fitting = UNITS.find(([, length]) => seconds > 0 && seconds % length === 0)
  if (fitting === undefined) return `${seconds} s`
  const [unit, length] = fitting
  const count = seconds / length
  return `${count} ${unit}${unit === 'day' && count > 1 ? 's' : ''}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
