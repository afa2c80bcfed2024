import { captureIntent, cancelIntent, createIntent } from './intents.ts'
import type { Books, Intent } from './books.ts'
import { disputeObject, intentObject, refundObject } from './objects.ts'
import { badParameter, Refusal } from './refusals.ts'
import { createRefund } from './refunds.ts'

const OPERATIONS = [
  'create_intent',
  'list_intents',
  'get_intent',
  'capture',
  'cancel',
  'refund',
  'list_refunds',
  'list_disputes',
] as const
type Operation = (typeof OPERATIONS)[number]

/** A request that is understood: which operation, on which intent, with which parameters by their names as they are sent. */
export type Request = {
  readonly operation: Operation
  readonly id: string
  readonly params: Readonly<Record<string, string>>
}

/** The parameters of each operation, as far as we send any; `metadata` is open. */
const PARAMS: Readonly<Record<Operation, RegExp>> = {
  create_intent: /^(amount|currency|capture_method|automatic_payment_methods\[enabled\]|metadata\[.+\])$/,
  list_intents: /^(query|limit|page|expand\[\d*\])$/,
  get_intent: /^(expand\[\d*\])$/,
  capture: /^(amount_to_capture|expand\[\d*\])$/,
  cancel: /^(cancellation_reason|expand\[\d*\])$/,
  refund: /^(payment_intent|amount|reason|metadata\[.+\]|expand\[\d*\])$/,
  list_refunds: /^(payment_intent|limit|starting_after)$/,
  list_disputes: /^(payment_intent|limit|starting_after)$/,
}

/** Which operation a path is; null: none that is played here. */
export function operationOf(method: string, path: string): Pick<Request, 'operation' | 'id'> | null {
  const [, id = '', what = ''] = /^\/v1\/payment_intents\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? []
  if (method === 'GET') {
    if (id === 'search') return { operation: 'list_intents', id: '' }
    if (id !== '' && what === '') return { operation: 'get_intent', id }
    if (path === '/v1/refunds') return { operation: 'list_refunds', id: '' }
    if (path === '/v1/disputes') return { operation: 'list_disputes', id: '' }
    return null
  }
  if (path === '/v1/payment_intents') return { operation: 'create_intent', id: '' }
  if (path === '/v1/refunds') return { operation: 'refund', id: '' }
  if (what === 'capture' || what === 'cancel') return { operation: what, id }
  return null
}

/** Does what a request asks for, and answers as Stripe does; throws a `Refusal`. */
export function answer(books: Books, { operation, id, params }: Request): object {
  const unknown = Object.keys(params).find((name) => !PARAMS[operation].test(name))
  if (unknown !== undefined) {
    throw badParameter(unknown, 'parameter_unknown', `Received unknown parameter: ${unknown}`)
  }
  const ofIntent = () => {
    const intentId = params['payment_intent']
    if (intentId === undefined) throw badParameter('payment_intent', 'parameter_missing', 'Which payment?')
    return books.intent(intentId)
  }
  switch (operation) {
    case 'create_intent': {
      const { amount, currency, capture_method: capture } = params
      return intentObject(createIntent(books, { amount, currency, capture, metadata: metadataOf(params) }))
    }
    case 'list_intents':
      return {
        ...listOf(found(books, params).map((intent) => intentObject(intent, isExpanded(params)))),
        object: 'search_result',
      }
    case 'get_intent':
      return intentObject(books.intent(id), isExpanded(params))
    case 'capture':
      return intentObject(captureIntent(books, books.intent(id), params['amount_to_capture']), isExpanded(params))
    case 'cancel':
      return intentObject(cancelIntent(books, books.intent(id)), isExpanded(params))
    case 'refund':
      return refundObject(createRefund(books, ofIntent(), params['amount'], metadataOf(params)))
    case 'list_refunds': {
      const intent = ofIntent()
      return listOf(books.refunds.filter((refund) => refund.intent === intent).map(refundObject))
    }
    case 'list_disputes': {
      const intent = ofIntent()
      return listOf([...books.disputes.values()].filter((dispute) => dispute.intent === intent).map(disputeObject))
    }
  }
}

function listOf(data: readonly object[]): { object: string; data: readonly object[]; has_more: boolean } {
  return { object: 'list', data, has_more: false }
}

/** The newest first, by the one kind of query that is asked here. */
function found(books: Books, params: Request['params']): Intent[] {
  const [, key, value] = /^metadata\['(\w+)'\]:'([^']*)'$/.exec(params['query'] ?? '') ?? []
  if (key === undefined)
    throw new Refusal(400, { type: 'invalid_request_error', message: 'This query is not played here.' }, false)
  return [...books.intents.values()].filter(({ metadata }) => metadata[key] === value).toReversed()
}

function isExpanded(params: Request['params']): boolean {
  return Object.entries(params).some(([name, what]) => name.startsWith('expand') && what.endsWith('latest_charge'))
}

function metadataOf(params: Request['params']): Record<string, string> {
  const entries = Object.entries(params).flatMap(([name, value]) => {
    const key = /^metadata\[(.+)\]$/.exec(name)?.[1]
    return key === undefined ? [] : [[key, value] as const]
  })
  return Object.fromEntries(entries)
}
