import { COMMANDS } from './commands.ts'
import { ENDPOINTS, OFFERINGS, UNITS } from './offerings.ts'
import { ORDERS, QUESTIONS, WAITS } from './orders.ts'

/** A request body that works when it is sent as it stands, and what it is an example of. */
export type Example = { readonly summary: string; readonly value: object }

/** All of them, by the names under which the OpenAPI document refers to them. */
export const EXAMPLES = { ...ORDERS, ...QUESTIONS, ...WAITS, ...COMMANDS, ...OFFERINGS, ...UNITS, ...ENDPOINTS }
export type ExampleName = keyof typeof EXAMPLES

export const ORDER_EXAMPLES = Object.keys(ORDERS) as (keyof typeof ORDERS)[]
export const OFFERING_EXAMPLES = Object.keys(OFFERINGS) as (keyof typeof OFFERINGS)[]
