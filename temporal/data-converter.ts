import { fileURLToPath } from 'node:url'
import type { DataConverter } from '@temporalio/common'
import type { Config } from '../config.ts'
import { encryptionCodec, payloadKeysOf } from './codec.ts'

/** Where the SDK, and the bundle of the workflow code, find what encodes the messages of failures. */
export const FAILURE_CONVERTER = fileURLToPath(new URL('failure-converter.ts', import.meta.url))

/** How clients and workers turn values into what Temporal stores: encrypted when `PAYLOAD_KEYS` is set, else as plain JSON. */
export function dataConverterOf({ PAYLOAD_KEYS: keys }: Pick<Config, 'PAYLOAD_KEYS'>): DataConverter {
  return keys === undefined
    ? {}
    : { payloadCodecs: [encryptionCodec(payloadKeysOf(keys))], failureConverterPath: FAILURE_CONVERTER }
}
