import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { openCustomBroker } from './custom-broker.ts'
import { freePort } from './ports.ts'

/** A broker with two ways in: a plain one, and one over which its answers can get lost. */
export type MuteBroker = {
  /** The plain way. */
  readonly brokers: string
  /** The other. */
  readonly throughProxy: string
  /** What the broker answers over the other way is lost from now on; what it is asked arrives. */
  readonly mute: () => void
  /** Ends the connections of the other way, and lets nobody in by it. */
  readonly refuse: () => void
  /** It works again. */
  readonly heal: () => void
  close(): Promise<void>
}

/** Starts one. */
export async function openMuteBroker(): Promise<MuteBroker> {
  const target = await freePort()
  const sockets = new Set<Socket>()
  let state: 'open' | 'mute' | 'refusing' = 'open'
  const keep = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  }
  const proxy = createServer((client) => {
    if (state === 'refusing') {
      client.destroy()
      return
    }
    const upstream = keep(connect(target, '127.0.0.1'))
    keep(client).on('data', (bytes) => upstream.write(bytes))
    upstream.on('data', (bytes) => {
      if (state === 'open') client.write(bytes)
    })
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', () => resolve()))
  const proxyPort = (proxy.address() as AddressInfo).port
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  const broker = await openCustomBroker(async ({ port, controllerPort }) => ({
    listeners: `PLAINTEXT://127.0.0.1:${port},PROXIED://127.0.0.1:${target},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},PROXIED://127.0.0.1:${proxyPort}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT',
  }))
  return {
    brokers: broker.brokers,
    throughProxy: `127.0.0.1:${proxyPort}`,
    mute() {
      state = 'mute'
    },
    refuse() {
      state = 'refusing'
      cut()
    },
    heal() {
      state = 'open'
    },
    async close() {
      proxy.close()
      cut()
      await broker.close()
    },
  }
}
