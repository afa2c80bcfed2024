import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A way to a server that can be closed and opened again, for tests of what happens when it is closed. */
export type TcpProxy = {
  readonly port: number
  /** Everybody is thrown out, and nobody let in. */
  cut(): void
  /** Nobody hears or says anything any more, and nobody is told: as behind a firewall that drops packets. */
  silence(): void
  /** It works again; the silent ones are thrown out, as they would be in the end. */
  heal(): void
  /** Nothing gets through for now; `resume` lets through what waits, in order: as where a network stalls and nobody notices. */
  stall(): void
  resume(): void
  close(): Promise<void>
}

/** Opens a proxy in front of the server at `host` and `port`. */
export async function openTcpProxy(host: string, port: number): Promise<TcpProxy> {
  let state: 'open' | 'cut' | 'silent' = 'open'
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  }
  const throwOut = () => {
    for (const socket of sockets) socket.destroy()
  }
  const server = createServer((client) => {
    keep(client)
    if (state === 'cut') return client.destroy()
    if (state === 'silent') return client
    const upstream = keep(connect(port, host))
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('data', (bytes) => {
        if (state === 'open') to.write(bytes)
      })
      from.on('close', () => to.destroy())
    }
    return client
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      state = 'cut'
      throwOut()
    },
    silence() {
      state = 'silent'
    },
    heal() {
      state = 'open'
      throwOut()
    },
    stall() {
      for (const socket of sockets) socket.pause()
    },
    resume() {
      for (const socket of sockets) socket.resume()
    },
    async close() {
      throwOut()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}
