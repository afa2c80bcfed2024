import type { CommandInput } from './contract.ts'
import { refusal } from './failures.ts'

/** What the fields of an update's input are. The API sends what it has checked already; a person types into the form of the Temporal UI. */
const FIELDS: Readonly<Record<keyof CommandInput, readonly ['text' | 'number' | 'list' | 'object', string]>> = {
  by: ['object', 'who says so: {"role": "operator", "id": "…"}'],
  reason: ['text', 'a text'],
  expectedVersion: ['number', 'a whole number'],
  refundKey: ['text', 'the key of a refund, as the current details show it'],
  itemIds: ['list', 'a list of texts'],
  change: ['object', 'what shall be: {"order": null, "notes": "…"}'],
  amount: ['number', 'a whole number of minor units'],
  paymentMethod: ['text', 'a text'],
  notes: ['text', 'a text'],
  returned: ['text', '"ask_again" or "leave"'],
  how: ['text', '"kept" or "restored"'],
  correctionId: ['text', 'a text'],
  fields: ['list', 'a list of texts'],
  seenVersion: ['number', 'a whole number'],
}

/**
 * The input of an update as it was typed: none at all is an empty one. Throws the refusal of one that cannot be meant, with what would be, so that
 * nothing is done with half of it.
 */
export function inputOf(given: unknown): CommandInput {
  if (given === undefined || given === null) return {}
  if (typeof given !== 'object' || Array.isArray(given)) throw no('The input is a JSON object, as in {"reason": "…"}.')
  for (const [name, value] of Object.entries(given)) {
    if (!isField(name)) throw no(`There is no field ${name}; there are ${Object.keys(FIELDS).join(', ')}.`)
    const [kind, words] = FIELDS[name]
    if (value !== undefined && value !== null && !isOf(kind, value)) throw no(`${name} is ${words}.`)
  }
  const input: CommandInput = given
  if (input.how !== undefined && input.how !== 'kept' && input.how !== 'restored') throw no(`how is ${FIELDS.how[1]}.`)
  if (input.change !== undefined && !isOrdered(input.change)) {
    throw no('An order is made by the API (PUT /bookings/{id}); here the notes change: {"order": null, "notes": "…"}.')
  }
  return input
}

/** Is what a change asks for whole? Its items are priced and held as the API has checked them. */
function isOrdered(change: object): boolean {
  const { order } = change as { readonly order?: unknown }
  return order === null || (typeof order === 'object' && 'items' in order && 'terms' in order)
}

function isField(name: string): name is keyof CommandInput {
  return Object.hasOwn(FIELDS, name)
}

function isOf(kind: 'text' | 'number' | 'list' | 'object', value: unknown): boolean {
  switch (kind) {
    case 'text':
      return typeof value === 'string'
    case 'number':
      return Number.isSafeInteger(value)
    case 'list':
      return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
    case 'object':
      return typeof value === 'object' && !Array.isArray(value)
  }
}

function no(message: string) {
  return refusal({ code: 'validation_failed', message })
}
