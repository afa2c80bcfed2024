import { STATUS_CODES } from 'node:http'
import { z } from 'zod'
import { DoorRefusal, type ErrorShape } from './door.ts'

/** The body of NestJS's errors. */
export const NestRefusal = z.strictObject({
  statusCode: z.int(),
  message: z.union([z.string(), z.array(z.string())]),
  error: z.string(),
})

/** NestJS's errors: `{statusCode, message, error}`; what is not valid is a 400 there (F-02, F-03). */
export const nestError: ErrorShape = ({ status, detail, errors }) => {
  if (status !== 422) return { status, body: nestBody(status, detail) }
  return { status: 400, body: nestBody(400, errors?.map(({ message, pointer }) => `${pointer} ${message}`) ?? detail) }
}

export function nestRefusal(status: number, message: string): DoorRefusal {
  return new DoorRefusal(status, nestBody(status, message))
}

function nestBody(status: number, message: string | string[]): z.infer<typeof NestRefusal> {
  return { statusCode: status, message, error: STATUS_CODES[status] ?? 'Error' }
}

/** A body as its DTO reads it: what the DTO has no field for is passed over. Throws a 400 with one message per fault. */
export function dto<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  const messages = result.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim())
  throw new DoorRefusal(400, nestBody(400, messages))
}
