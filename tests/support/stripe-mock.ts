import { freePort } from '../../stack/ports.ts'
import { startService, whenReady } from '../../stack/service.ts'
import { findStripeMock } from '../../stack/stripe-mock.ts'

const mock = await findStripeMock()
/** Is there no stripe-mock on this machine? */
export const noStripeMock = mock.path === null

/**
 * Starts the server that Stripe makes of its own API description. It forgets everything: any id is known, in the state of its example, which is an
 * intent that failed once and waits for another try.
 */
export async function startStripeMock(): Promise<{ url: string; stop: () => Promise<void> }> {
  if (mock.path === null) throw new Error(mock.reason)
  const port = await freePort()
  const service = await startService({
    name: 'stripe-mock',
    command: mock.path,
    args: ['-http-addr', `127.0.0.1:${port}`],
    onLine: () => undefined,
  })
  const url = `http://127.0.0.1:${port}`
  const isThere = () =>
    fetch(url).then(
      () => true,
      () => false,
    )
  const why = await whenReady(service, isThere, 20_000)
  if (why !== undefined) throw new Error(`stripe-mock: ${why}`)
  return { url, stop: () => service.stop() }
}
