import { generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { SignJWT, type JWTHeaderParameters } from 'jose'

/** An issuer of one's own, for tokens that no decent issuer gives; it counts how often its keys are asked for. */
export type Issuer = {
  readonly url: string
  readonly jwksUrl: string
  readonly publicKey: KeyObject
  readonly kid: string
  readonly asked: () => number
  /** A token as it should be, but for what is named; undefined leaves a claim out. */
  token(
    claims?: Readonly<Record<string, unknown>>,
    header?: Partial<JWTHeaderParameters>,
    key?: KeyObject | Uint8Array,
  ): Promise<string>
  /** Answers the next requests for keys like this; null as it should. */
  answerWith(answer: ((response: ServerResponse) => void) | null): void
  close(): Promise<void>
}

export async function openIssuer(): Promise<Issuer> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kid = randomUUID()
  const keys = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' }] })
  let asked = 0
  let answer: ((response: ServerResponse) => void) | null = null
  const server = createServer((_, response) => {
    asked += 1
    if (answer !== null) return answer(response)
    return response.writeHead(200, { 'content-type': 'application/json' }).end(keys)
  })
  const url = await listen(server)
  return {
    url,
    jwksUrl: `${url}/jwks.json`,
    publicKey,
    kid,
    asked: () => asked,
    answerWith: (next) => {
      answer = next
    },
    token(claims = {}, header = {}, key = privateKey) {
      const now = Math.floor(Date.now() / 1000)
      const usual = { iss: url, aud: 'holdfast', sub: 'ada', role: 'customer', iat: now, exp: now + 600 }
      return new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg: 'ES256', kid, ...header }).sign(key)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`)
    })
  })
}
