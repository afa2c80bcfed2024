import { readFile } from 'node:fs/promises'
import { status } from '@grpc/grpc-js'
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client'
import type { Config } from '../config.ts'
import { holdfastPlugin } from './plugin.ts'

export type Address = Pick<Config, 'TEMPORAL_ADDRESS' | 'TEMPORAL_NAMESPACE'> &
  Partial<
    Pick<
      Config,
      | 'TEMPORAL_API_KEY'
      | 'TEMPORAL_TLS'
      | `TEMPORAL_TLS_CLIENT_${'CERT' | 'KEY'}_${'PATH' | 'DATA'}`
      | `TEMPORAL_TLS_SERVER_CA_CERT_${'PATH' | 'DATA'}`
      | 'TEMPORAL_TLS_SERVER_NAME'
      | 'TEMPORAL_GRPC_META'
    >
  >

/** Opens a client of the Temporal server the configuration names (a dev server, a cluster, or Temporal Cloud by API key or mTLS). */
export async function openTemporalClient(config: Address & Pick<Config, 'PAYLOAD_KEYS'>): Promise<Client> {
  return new Client({
    connection: await Connection.connect({ ...(await connectionOptions(config)), interceptors: [retrying()] }),
    namespace: config.TEMPORAL_NAMESPACE,
    plugins: [holdfastPlugin(config)],
  })
}

/** So often a call that Temporal has no room for is made, within some five seconds. */
const TRIES_WHEN_CROWDED = 3

/**
 * The SDK's own retries, but for RESOURCE_EXHAUSTED: tried until the caller's deadline it would look as if nobody answered, while it is a limit that has
 * a name (N-73).
 */
function retrying() {
  const usual = defaultGrpcRetryOptions()
  return makeGrpcRetryInterceptor({
    ...usual,
    retryableDecider: (attempt, result) =>
      usual.retryableDecider(attempt, result) &&
      (result.code !== status.RESOURCE_EXHAUSTED || attempt < TRIES_WHEN_CROWDED),
  })
}

/** Where a client or a worker connects to, and as whom. */
export async function connectionOptions(config: Address) {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_API_KEY: apiKey, TEMPORAL_GRPC_META: metadata } = config
  const tls = await tlsOptions(config)
  return {
    address,
    ...(apiKey !== undefined && { apiKey }),
    ...(metadata !== undefined && { metadata: JSON.parse(metadata) as Record<string, string> }),
    ...(tls !== null && { tls }),
  }
}

/** Null: in the clear. True: TLS with the authorities that everybody trusts, which an API key asks for as well. */
async function tlsOptions(config: Address) {
  if (config.TEMPORAL_TLS === false) return null
  const [crt, key, authority] = await Promise.all([
    contentOf(config.TEMPORAL_TLS_CLIENT_CERT_PATH, config.TEMPORAL_TLS_CLIENT_CERT_DATA),
    contentOf(config.TEMPORAL_TLS_CLIENT_KEY_PATH, config.TEMPORAL_TLS_CLIENT_KEY_DATA),
    contentOf(config.TEMPORAL_TLS_SERVER_CA_CERT_PATH, config.TEMPORAL_TLS_SERVER_CA_CERT_DATA),
  ])
  const { TEMPORAL_TLS_SERVER_NAME: serverNameOverride } = config
  const options = {
    ...(crt !== null && key !== null && { clientCertPair: { crt, key } }),
    ...(authority !== null && { serverRootCACertificate: authority }),
    ...(serverNameOverride !== undefined && { serverNameOverride }),
  }
  if (Object.keys(options).length > 0) return options
  return config.TEMPORAL_TLS === true || config.TEMPORAL_API_KEY !== undefined ? true : null
}

async function contentOf(path: string | undefined, data: string | undefined): Promise<Buffer | null> {
  if (path !== undefined) return readFile(path)
  return data === undefined ? null : Buffer.from(data)
}
