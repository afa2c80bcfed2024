import { z } from 'zod'

/** The types of the facts that leave as webhooks [S-03]. */
const webhookTypes = [
  'payment_intent.processing',
  'payment_intent.authorized',
  'payment_intent.succeeded',
  'payment_intent.failed',
  'payment_intent.cancelled',
  'refund.succeeded',
  'refund.failed',
  'dispute.opened',
  'dispute.funds_withdrawn',
  'dispute.funds_reinstated',
  'dispute.won',
  'dispute.lost',
] as const

export type WebhookType = (typeof webhookTypes)[number]

/** Everything a rule may name. */
const operations = {
  payments: ['create_intent', 'get_intent', 'list_intents', 'confirm', 'capture', 'cancel', 'refund'],
  pricing: ['calculate', 'estimate'],
  inventory: ['check', 'reserve', 'update', 'release'],
  catalog: ['event', 'prices'],
  identity: ['user', 'tutor', 'pet', 'clinic', 'course'],
  meetings: ['create'],
  webhooks: webhookTypes,
} as const

export type Service = keyof typeof operations
export type Operation<S extends Service> = (typeof operations)[S][number]

const ruleFields = z.strictObject({
  service: z.enum(Object.keys(operations) as Service[]),
  operation: z.string().optional(),
  probability: z.number().min(0).max(1).default(1),
  times: z.int().min(1).optional(),
  after: z.int().min(0).default(0),
  delay_ms: z.int().min(0).max(600_000).optional(),
  status: z.int().min(400).max(599).optional(),
  code: z
    .string()
    .regex(/^[a-z_]{1,60}$/)
    .optional(),
  reset: z.literal(true).optional(),
  executed: z.literal(true).optional(),
  duplicate: z.int().min(1).max(100).optional(),
  reorder: z.literal(true).optional(),
  drop: z.literal(true).optional(),
})

const rule = ruleFields.check((context) => {
  const { service, operation, ...effect } = context.value
  const fault = (member: string, message: string) =>
    context.issues.push({ code: 'custom', path: [member], message, input: context.value })
  if (operation !== undefined && !(operations[service] as readonly string[]).includes(operation)) {
    fault('operation', `must be one of ${operations[service].join(', ')}`)
  }
  for (const member of ['status', 'reset', 'executed'] as const) {
    if (service === 'webhooks' && effect[member] !== undefined) fault(member, 'is not for webhooks')
  }
  for (const member of ['duplicate', 'reorder', 'drop'] as const) {
    if (service !== 'webhooks' && effect[member] !== undefined) fault(member, 'is for webhooks only')
  }
  if (effect.code !== undefined && effect.status === undefined) fault('code', 'needs status')
  if (effect.status !== undefined && effect.reset) fault('reset', 'cannot go with status')
  if (effect.executed && effect.status === undefined && !effect.reset && effect.delay_ms === undefined) {
    fault('executed', 'needs status, reset or delay_ms')
  }
})

/** The body of `PUT /control/faults` [S-07]. */
export const faultPlan = z.strictObject({
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(1),
  rules: z.array(rule).max(100),
})

export type Rule = z.output<typeof ruleFields>
export type FaultPlan = z.output<typeof faultPlan>
