import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

/** A mail as it arrived, and whom the envelope was for. */
export type ReceivedMail = { readonly to: readonly string[]; readonly mail: Email }

export type MailServer = {
  readonly port: number
  /** What has arrived so far. */
  mails(): Promise<ReceivedMail[]>
  close(): Promise<void>
}

/** Starts a real SMTP server on a port of its own. Its habits can be bad: they may refuse, wait, or hang up on everybody. */
export async function startMailServer(
  habits: (hangUp: () => void) => SMTPServerOptions = () => ({}),
): Promise<MailServer> {
  const arrived: { to: string[]; raw: Buffer }[] = []
  const sockets = new Set<Socket>()
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        arrived.push({ to: envelope.rcptTo.map(({ address }) => address), raw: Buffer.concat(chunks) })
        done()
      })
    },
    ...habits(() => sockets.forEach((socket) => socket.destroy())),
  })
  // Connections that are dropped in the middle are what some tests are about.
  server.on('error', () => undefined)
  server.server.on('connection', (socket: Socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  return {
    port,
    mails: () => Promise.all(arrived.map(async ({ to, raw }) => ({ to, mail: await PostalMime.parse(raw) }))),
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}
