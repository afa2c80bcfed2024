import { Hono, type MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import { z } from 'zod'
import type { Payload, PayloadCodec } from '@temporalio/common'
import { encryptionCodec, payloadKeysOf } from '../../temporal/codec.ts'
import type { Parts } from '../../runtime/wire.ts'
import { authentication, requireRole, type Authenticate, type Variables } from '../auth.ts'
import { sessionOf } from '../console/session.ts'
import { requestLimit } from '../limits.ts'
import { invalid } from '../problems.ts'

const Base64 = z.base64()
const PayloadsSchema = z.object({
  payloads: z
    .array(z.object({ metadata: z.record(z.string(), Base64).default({}), data: Base64.default('') }))
    .max(1000),
})

/**
 * The codec server of Temporal's UI and command line: operators see in plain text what Temporal stores encrypted. There is none without
 * `PAYLOAD_KEYS`. A browser may ask from `CODEC_ORIGIN`: at `/codec` with the operator's own token, which a UI with sign-on hands on, and at
 * `/console/codec` with the session of an operator who is signed in at the console of the same site.
 */
export function codecRoutes(app: Hono, { config, database }: Parts, authenticate: Authenticate): void {
  const { PAYLOAD_KEYS: keys, CODEC_ORIGIN: origin } = config
  if (keys === undefined) return
  const codec = encryptionCodec(payloadKeysOf(keys))
  const signedIn: MiddlewareHandler<{ Variables: Variables }> = async (c, next) => {
    c.set('principal', (await sessionOf(c, database, authenticate)).who)
    await next()
  }
  app.route('/codec', codecServer(codec, authentication(authenticate), origin))
  app.route('/console/codec', codecServer(codec, signedIn, origin))
}

function codecServer(
  codec: PayloadCodec,
  authenticated: MiddlewareHandler<{ Variables: Variables }>,
  origin: string | undefined,
): Hono<{ Variables: Variables }> {
  const routes = new Hono<{ Variables: Variables }>()
  if (origin !== undefined) {
    const allowHeaders = ['authorization', 'content-type', 'x-namespace']
    routes.use(cors({ origin, allowMethods: ['POST'], allowHeaders, credentials: true }))
  }
  routes.use(authenticated, requestLimit)
  for (const direction of ['encode', 'decode'] as const) {
    routes.post(`/${direction}`, async (c) => {
      requireRole(c.get('principal'), 'operator')
      const body = PayloadsSchema.safeParse(await c.req.json().catch(() => null))
      if (!body.success)
        throw invalid({ pointer: '/payloads', message: 'is a list of payloads, each {metadata, data} in base64' })
      return c.json({ payloads: (await translated(codec, direction, body.data.payloads.map(payloadOf))).map(wireOf) })
    })
  }
  return routes
}

/** What cannot be decrypted is the caller's mistake: changed, cut off, or under a key that is not here. */
async function translated(
  codec: PayloadCodec,
  direction: 'encode' | 'decode',
  payloads: Payload[],
): Promise<Payload[]> {
  try {
    return await codec[direction](payloads)
  } catch (error) {
    throw invalid({ pointer: '/payloads', message: error instanceof Error ? error.message : 'cannot be decrypted' })
  }
}

type WirePayload = z.infer<typeof PayloadsSchema>['payloads'][number]

function payloadOf({ metadata, data }: WirePayload): Payload {
  const bytes = Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')])
  return { metadata: Object.fromEntries(bytes), data: Buffer.from(data, 'base64') }
}

function wireOf({ metadata, data }: Payload): WirePayload {
  const texts = Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')])
  return { metadata: Object.fromEntries(texts), data: Buffer.from(data ?? []).toString('base64') }
}
