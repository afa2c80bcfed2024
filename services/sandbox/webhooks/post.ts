import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

/** A receiver that has not answered by then has not answered. */
const TIMEOUT_MS = 10_000

interface Poster {
  /** Posts JSON and answers the status, or 0 when there was no answer. Redirects are not followed. Never rejects. */
  post(url: URL, headers: Record<string, string>, body: string): Promise<number>
  /** Cuts what is under way. */
  close(): void
}

/** Posts over kept connections. node:http takes 70 to 90 µs of CPU for one, fetch 230 (Node 24, loopback). */
export function createPoster(connections: number): Poster {
  const agents = {
    http: new HttpAgent({ keepAlive: true, maxSockets: connections }),
    https: new HttpsAgent({ keepAlive: true, maxSockets: connections }),
  }

  return {
    post: (url, headers, body) =>
      new Promise((resolve) => {
        const secure = url.protocol === 'https:'
        const send = secure ? httpsRequest : httpRequest
        const request = send(
          url,
          {
            method: 'POST',
            agent: secure ? agents.https : agents.http,
            headers: {
              ...headers,
              'content-type': 'application/json',
              'content-length': Buffer.byteLength(body),
            },
          },
          (response) => {
            response.resume()
            response.once('end', () => finish(response.statusCode ?? 0))
            response.once('close', () => finish(0))
          },
        )
        const timer = setTimeout(() => request.destroy(), TIMEOUT_MS)
        function finish(status: number): void {
          clearTimeout(timer)
          resolve(status)
        }
        request.on('error', () => finish(0))
        request.end(body)
      }),
    close() {
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}
