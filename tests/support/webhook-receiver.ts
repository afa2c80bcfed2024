import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a receiver does with the next requests: answers a status, says nothing, or sends them elsewhere. */
export type Behaviour = number | 'hang' | { readonly redirect: string }

export type Delivered = {
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string
  /** What it was answered. */
  readonly answered: Behaviour
}

/** Somebody else's server, which answers 200 until it is told otherwise. */
export type Receiver = {
  readonly url: string
  /** Everything that came, in order. */
  readonly delivered: Delivered[]
  /** What the next requests to a path get, one after the other; then 200 again. */
  next(path: string, ...behaviours: Behaviour[]): void
  /** What every request to a path gets from now on. */
  always(path: string, behaviour: Behaviour): void
  /** What came to a path and was taken. */
  taken(path: string): Delivered[]
  close(): Promise<void>
}

export async function openReceiver(): Promise<Receiver> {
  const delivered: Delivered[] = []
  const planned = new Map<string, Behaviour[]>()
  const fixed = new Map<string, Behaviour>()
  const server = createServer((request, response) => void take(request, response))

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? ''
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const answered = planned.get(path)?.shift() ?? fixed.get(path) ?? 200
    delivered.push({ path, headers: request.headers as Record<string, string>, body, answered })
    if (answered === 'hang') return
    if (typeof answered === 'number') response.writeHead(answered).end('so it is')
    else response.writeHead(307, { location: answered.redirect }).end()
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    delivered,
    next: (path, ...behaviours) => void planned.set(path, [...(planned.get(path) ?? []), ...behaviours]),
    always: (path, behaviour) => void fixed.set(path, behaviour),
    taken: (path) => delivered.filter((each) => each.path === path && each.answered === 200),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
