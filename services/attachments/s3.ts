import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import type { Config } from '../../config.ts'
import type { AttachmentStore } from '../ports.ts'

/** Before every key, so that a bucket may be shared with others. */
const PREFIX = 'attachments/'

/** In milliseconds. The SDK tries three times. */
const TIMEOUTS = { connectionTimeout: 2000, requestTimeout: 10_000, throwOnRequestTimeout: true } as const

/** Attachments in a bucket of anything that speaks S3. With an endpoint the bucket is in the path, as servers without wildcard names want it. */
export function bucketStore(
  bucket: string,
  config: Pick<
    Config,
    | 'ATTACHMENTS_S3_ENDPOINT'
    | 'ATTACHMENTS_S3_REGION'
    | 'ATTACHMENTS_S3_ACCESS_KEY_ID'
    | 'ATTACHMENTS_S3_SECRET_ACCESS_KEY'
  >,
): AttachmentStore {
  const accessKeyId = config.ATTACHMENTS_S3_ACCESS_KEY_ID
  const secretAccessKey = config.ATTACHMENTS_S3_SECRET_ACCESS_KEY
  const client = new S3Client({
    region: config.ATTACHMENTS_S3_REGION,
    requestHandler: TIMEOUTS,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(config.ATTACHMENTS_S3_ENDPOINT !== undefined && {
      endpoint: config.ATTACHMENTS_S3_ENDPOINT,
      forcePathStyle: true,
    }),
    // Without them the SDK looks where it always does: environment, profile, the machine's role.
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && { credentials: { accessKeyId, secretAccessKey } }),
  })
  const at = (key: string) => ({ Bucket: bucket, Key: `${PREFIX}${key}` })
  return {
    async put(key, file, type) {
      await client.send(new PutObjectCommand({ ...at(key), Body: file, ContentType: type }))
    },
    async get(key) {
      try {
        const { Body } = await client.send(new GetObjectCommand(at(key)))
        return Body === undefined ? null : Uint8Array.from(await Body.transformToByteArray())
      } catch (error) {
        if (error instanceof NoSuchKey) return null
        throw error
      }
    },
    async remove(key) {
      await client.send(new DeleteObjectCommand(at(key)))
    },
    async *writtenBefore(instant) {
      let next: string | undefined
      do {
        const page = await client.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: PREFIX, ContinuationToken: next }),
        )
        const old = (page.Contents ?? []).flatMap(({ Key, LastModified }) =>
          Key !== undefined && LastModified !== undefined && LastModified < instant ? [Key.slice(PREFIX.length)] : [],
        )
        if (old.length > 0) yield old
        next = page.NextContinuationToken
      } while (next !== undefined)
    },
    async close() {
      client.destroy()
    },
  }
}
