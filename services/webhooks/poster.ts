import { Agent, request } from 'undici'
import { addressIn, ForbiddenAddress, guardedLookup, isAllowed, type AllowedAddresses } from './addresses.ts'

/** What an endpoint answered; `status` null: it did not, and `error` says why. */
export type PostAnswer = { readonly status: number | null; readonly error: string | null }

export type Poster = {
  /** Posts a body. Redirects are not followed, of the answer's body nothing is kept. Never rejects. */
  post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<PostAnswer>
  close(): Promise<void>
}

/** Posts to allowed addresses only (W-05); whoever has not answered after `deadlineMs`, body included, has not answered. */
export function openPoster(allowed: AllowedAddresses, deadlineMs: number): Poster {
  const agent = new Agent({
    connect: { lookup: guardedLookup(allowed), timeout: deadlineMs },
    headersTimeout: deadlineMs,
    bodyTimeout: deadlineMs,
    // More than one request under way to a host is one connection each: none waits for a slow one.
    pipelining: 1,
    maxHeaderSize: 16_384,
    keepAliveTimeout: 10_000,
  })
  return {
    async post(url, headers, body) {
      try {
        // The lookup is not asked about a host that is an address.
        const address = addressIn(new URL(url).hostname)
        if (address !== null && !isAllowed(address, allowed)) {
          throw new ForbiddenAddress(`${address} is no public address`)
        }
        const signal = AbortSignal.timeout(deadlineMs)
        const answer = await request(url, { method: 'POST', headers, body, dispatcher: agent, signal })
        // Only so much is read that the connection can be used again; a longer body is cut off.
        await answer.body.dump({ limit: 65_536, signal })
        const { statusCode: status } = answer
        return { status, error: status >= 200 && status < 300 ? null : `answered ${status}` }
      } catch (error) {
        return { status: null, error: reasonOf(error) }
      }
    },
    close: () => agent.destroy(),
  }
}

/** In a few words, without what the other side said. */
function reasonOf(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ForbiddenAddress) return cause.message
    if (cause.name === 'TimeoutError' || /TIMEOUT/.test(String(Reflect.get(cause, 'code')))) return 'no answer in time'
    const code: unknown = Reflect.get(cause, 'code')
    if (typeof code === 'string') return code
  }
  return error instanceof Error ? error.name : 'failed'
}
