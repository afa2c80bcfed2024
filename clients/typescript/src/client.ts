import { OPERATIONS } from './operations.ts'
import { WaitedTooLong } from './problem.ts'
import type { Booking, Operations } from './schema.ts'
import { send, type CallOptions, type ClientOptions } from './send.ts'

type Name = keyof Operations
type Args<Operation extends Name> = Operations[Operation]['args']
type Answer<Operation extends Name> = Operations[Operation]['answer']

/** An operation without anything that has to be said is called without arguments. */
type Call<Operation extends Name> =
  Partial<Args<Operation>> extends Args<Operation> | { [name: string]: undefined }
    ? (args?: Args<Operation>, options?: CallOptions) => Promise<Answer<Operation>>
    : (args: Args<Operation>, options?: CallOptions) => Promise<Answer<Operation>>

/** The operations that answer page by page, each with a cursor to the next. */
type Paged = {
  [Operation in Name]: Answer<Operation> extends { next_cursor: string | null } ? Operation : never
}[Name]
type Entry<Page> = { [Member in keyof Page]-?: Page[Member] extends readonly (infer One)[] ? One : never }[keyof Page]

/** Every operation of the API by its name, and what callers of it need besides. */
export type Holdfast = { readonly [Operation in Name]: Call<Operation> } & {
  /** The booking once it is as wanted: asks with `wait`, so that it answers as soon as that is so. Throws WaitedTooLong. */
  waitFor(id: string, isWanted: (booking: Booking) => boolean, options?: WaitOptions): Promise<Booking>
  /** All entries of a list, page after page, as they are read. */
  all<Operation extends Paged>(
    name: Operation,
    args?: Omit<Args<Operation>, 'cursor'>,
  ): AsyncGenerator<Entry<Answer<Operation>>>
}

export type WaitOptions = { readonly timeoutMs?: number; readonly signal?: AbortSignal }

const LONGEST_WAIT_S = 30

/** A client of the API at `url`. */
export function createClient(options: ClientOptions): Holdfast {
  const call = <Operation extends Name>(name: Operation, args: Args<Operation>, more: CallOptions = {}) =>
    called(options, name, args, more) as Promise<Answer<Operation>>

  const waitFor: Holdfast['waitFor'] = async (id, isWanted, { timeoutMs = 60_000, signal } = {}) => {
    const until = Date.now() + timeoutMs
    const more = signal === undefined ? {} : { signal }
    let booking = await call('getBooking', { id }, more)
    while (!isWanted(booking)) {
      const left = Math.ceil((until - Date.now()) / 1000)
      if (left <= 0) throw new WaitedTooLong(booking)
      const wait = Math.min(LONGEST_WAIT_S, left)
      booking = await call('getBooking', { id, wait, after_version: booking.version }, more)
    }
    return booking
  }

  async function* all<Operation extends Paged>(
    name: Operation,
    args: object = {},
  ): AsyncGenerator<Entry<Answer<Operation>>> {
    let cursor: string | null | undefined
    do {
      const asked = { ...args, ...(typeof cursor === 'string' && { cursor }) } as Args<Operation>
      const page = await call(name, asked)
      for (const member of Object.values(page)) if (Array.isArray(member)) yield* member as Entry<Answer<Operation>>[]
      cursor = (page as { next_cursor: string | null }).next_cursor
    } while (cursor !== null)
  }

  const names = Object.keys(OPERATIONS) as Name[]
  const calls = names.map((name) => [name, (args: Args<Name>, more?: CallOptions) => call(name, args, more)])
  return { ...Object.fromEntries(calls), waitFor, all } as Holdfast
}

function called(
  options: ClientOptions,
  name: Name,
  args: Record<string, unknown> = {},
  { idempotencyKey = crypto.randomUUID(), version, signal }: CallOptions,
): Promise<unknown> {
  const { method, path, query, keyed } = OPERATIONS[name]
  const search = new URLSearchParams()
  for (const each of query) if (args[each] !== undefined) search.set(each, textOf(args[each]))
  const asked = search.toString()
  const place = path.replaceAll(/\{(\w+)\}/g, (_, each: string) => encodeURIComponent(textOf(args[each])))
  const { body } = args
  return send(
    options,
    {
      method,
      path: asked === '' ? place : `${place}?${asked}`,
      headers: {
        ...(body !== undefined && !(body instanceof FormData) && { 'content-type': 'application/json' }),
        ...(keyed && { 'idempotency-key': idempotencyKey }),
        ...(version !== undefined && { 'if-match': `"${version}"` }),
      },
      body: body === undefined || body instanceof FormData ? body : JSON.stringify(body),
    },
    signal,
  )
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
