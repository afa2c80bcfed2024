import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import { Refused } from '../domain/failures.ts'
import type { Parts } from '../runtime/wire.ts'
import type { Variables } from './auth.ts'

const KILOBYTE = 1024

/** Bodies: 64 KB for requests, 256 KB for webhooks, which other services fill, 2 MB for the units of an offering: a hall has thousands of seats. */
export const requestLimit = limitOf(64)
export const loadLimit = limitOf(2048)
export const webhookLimit = limitOf(256)

/** A file is not sent as JSON: POST of an attachment. */
export function isUpload({ req }: Context): boolean {
  return req.method === 'POST' && /\/bookings\/[^/]+\/attachments$/.test(req.path)
}

/** Beside the file, a form has names, a description and boundaries. */
const FORM_KILOBYTES = 16

/** The body of an upload: a file of so many bytes at the most, and what comes with it. */
export function uploadLimit(maxBytes: number): MiddlewareHandler {
  return limitOf(Math.ceil(maxBytes / KILOBYTE) + FORM_KILOBYTES)
}

/**
 * A body that says how large it is is refused untouched: one that was begun to be read and is left there makes the server cut its connection
 * half a second later, under whatever the caller sends next. One that does not say is counted, and its connection given up with it.
 */
function limitOf(kilobytes: number): MiddlewareHandler {
  const tooLarge = () => new Refused({ code: 'payload_too_large', message: `The body is larger than ${kilobytes} KB.` })
  const counted = bodyLimit({
    maxSize: kilobytes * KILOBYTE,
    onError: (c) => {
      c.header('connection', 'close')
      throw tooLarge()
    },
  })
  return async (c, next) => {
    const length = c.req.header('content-length')
    if (length === undefined || c.req.header('transfer-encoding') !== undefined) return counted(c, next)
    if (Number(length) > kilobytes * KILOBYTE) throw tooLarge()
    return next()
  }
}

/**
 * So many requests a minute per caller; the answer to one more says when to come back. With Redis the count is that of all replicas; while it is
 * away each goes by a count of its own, so that a caller may have as many times the limit as there are replicas, and nobody is locked out.
 */
export function rateLimit(
  perMinute: number,
  redis: Parts['redis'],
  prefix: string,
): MiddlewareHandler<{ Variables: Variables }> {
  const allowance = { points: perMinute, duration: 60 }
  const own = new RateLimiterMemory(allowance)
  const consume = redis === null ? (id: string) => own.consume(id) : sharedLimit(redis, prefix, allowance, own)
  return async (c, next) => {
    try {
      await consume(c.get('principal').id)
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error
      const seconds = Math.max(1, Math.ceil(error.msBeforeNext / 1000))
      throw new Refused({
        code: 'rate_limited',
        message: `More than ${perMinute} requests in a minute; come back in ${seconds} s.`,
        details: { retry_after: seconds },
      })
    }
    await next()
  }
}

function sharedLimit(
  redis: NonNullable<Parts['redis']>,
  prefix: string,
  allowance: { readonly points: number; readonly duration: number },
  own: RateLimiterMemory,
): (id: string) => Promise<RateLimiterRes> {
  const limiter = new RateLimiterRedis({
    ...allowance,
    storeClient: redis.client,
    useRedisPackage: true,
    keyPrefix: `${prefix}limit`,
  })
  return async (id) => {
    try {
      return await redis.ask(() => limiter.consume(id))
    } catch (error) {
      if (error instanceof RateLimiterRes) throw error
      return own.consume(id)
    }
  }
}

/** What is not JSON is refused before it is read: a body under another name must not slip past the schema. */
export const jsonOnly: MiddlewareHandler = async (c, next) => {
  const hasBody = c.req.method === 'POST' || c.req.method === 'PUT'
  const type = c.req.header('content-type') ?? ''
  if (isUpload(c)) {
    if (/^multipart\/form-data\s*;\s*boundary=/i.test(type)) return next()
    throw new Refused({ code: 'unsupported_media_type', message: 'A file is sent as multipart/form-data.' })
  }
  if (hasBody && !/^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(type)) {
    throw new Refused({ code: 'unsupported_media_type', message: 'Only application/json in UTF-8 is read here.' })
  }
  await next()
}
