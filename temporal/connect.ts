import { readFile } from 'node:fs/promises'
import { status } from '@grpc/grpc-js'
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client'
import type { Config } from '../config.ts'
import { holdfastPlugin } from './plugin.ts'

export type Address = Pick<
  Config,
  | 'TEMPORAL_ADDRESS'
  | 'TEMPORAL_NAMESPACE'
  | 'TEMPORAL_API_KEY'
  | 'TEMPORAL_TLS_CERT'
  | 'TEMPORAL_TLS_KEY'
  | 'TEMPORAL_TLS_CA'
  | 'TEMPORAL_TLS_SERVER_NAME'
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
  const { TEMPORAL_ADDRESS: address, TEMPORAL_API_KEY: apiKey } = config
  const tls = await tlsOptions(config)
  return {
    address,
    ...(apiKey !== undefined && { apiKey }),
    ...((apiKey !== undefined || tls !== null) && { tls: tls ?? true }),
  }
}

/** Null: in the clear, unless an API key asks for TLS with the authorities that everybody trusts. */
async function tlsOptions(config: Address) {
  const { TEMPORAL_TLS_CERT: cert, TEMPORAL_TLS_KEY: key, TEMPORAL_TLS_CA: authority } = config
  const { TEMPORAL_TLS_SERVER_NAME: serverNameOverride } = config
  const clientCertPair =
    cert !== undefined && key !== undefined ? { crt: await readFile(cert), key: await readFile(key) } : undefined
  const serverRootCACertificate = authority === undefined ? undefined : await readFile(authority)
  const options = {
    ...(clientCertPair !== undefined && { clientCertPair }),
    ...(serverRootCACertificate !== undefined && { serverRootCACertificate }),
    ...(serverNameOverride !== undefined && { serverNameOverride }),
  }
  return Object.keys(options).length === 0 ? null : options
}
