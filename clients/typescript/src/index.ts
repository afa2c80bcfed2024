export { createClient, type Holdfast, type WaitOptions } from './client.ts'
export { HoldfastProblem, WaitedTooLong, type ProblemCode } from './problem.ts'
export type { CallOptions, ClientOptions } from './send.ts'
export type { Booking, Operations, Order, Problem, Reservation, WaitlistEntry } from './schema.ts'
