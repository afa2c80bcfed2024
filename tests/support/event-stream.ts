import type { World } from './world.ts'

/** An event as it came: its id, its name, and its data. */
export type Received = { readonly id: string; readonly event: string; readonly data: Record<string, unknown> }

/** An open stream of server-sent events. */
export type Stream = {
  readonly status: number
  /** What has come so far: events, and how many comments. */
  readonly received: readonly Received[]
  readonly comments: number
  readonly retry: number | null
  /** Resolves when the server has ended it or it was left. */
  readonly ended: Promise<void>
  /** Leaves, as a browser does whose tab is closed. */
  leave(): void
}

/** Opens `/bookings/{id}/events` as somebody; `after` is the last event that was seen. Resolves with the answer's head. */
export async function openStream(
  world: World,
  [role, sub]: readonly [role: string, sub: string],
  id: string,
  {
    after,
    apiUrl = world.apiUrl,
    onEvent,
    token = {},
  }: { after?: string; apiUrl?: string; onEvent?: (event: Received) => void; token?: object } = {},
): Promise<Stream> {
  const { body } = await world.service.post<{ access_token: string }>('/oauth/token', { sub, role, ...token })
  const leaving = new AbortController()
  const headers = {
    authorization: `Bearer ${body.access_token}`,
    ...(after !== undefined && { 'last-event-id': after }),
  }
  const response = await fetch(`${apiUrl}/api/v1/bookings/${id}/events`, { headers, signal: leaving.signal })
  const received: Received[] = []
  let comments = 0
  let retry: number | null = null
  const take = (block: string) => {
    const fields = new Map(
      block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    )
    if (fields.has('')) comments += 1
    if (fields.has('retry')) retry = Number(fields.get('retry'))
    const data = fields.get('data')
    if (data === undefined) return
    const event = {
      id: fields.get('id') ?? '',
      event: fields.get('event') ?? '',
      data: JSON.parse(data) as Received['data'],
    }
    received.push(event)
    onEvent?.(event)
  }
  const read = async () => {
    let text = ''
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true })
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      if (response.ok) blocks.forEach(take)
    }
  }
  return {
    status: response.status,
    received,
    get comments() {
      return comments
    },
    get retry() {
      return retry
    },
    ended: read().catch(() => undefined),
    leave: () => leaving.abort(),
  }
}
