import { existsSync } from 'node:fs'
import { loadClientConfigProfile } from '@temporalio/envconfig'

type Environment = Readonly<Record<string, string | undefined>>

/** Our names from before Temporal had its own: they mean the same, and go on working. */
const ALIASES = {
  TEMPORAL_TLS_CERT: 'TEMPORAL_TLS_CLIENT_CERT_PATH',
  TEMPORAL_TLS_KEY: 'TEMPORAL_TLS_CLIENT_KEY_PATH',
  TEMPORAL_TLS_CA: 'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
} as const

/** What the environment says of the file: nothing, or which profile or file it wants. */
export const namesProfile = ({ TEMPORAL_PROFILE, TEMPORAL_CONFIG_FILE }: Environment): boolean =>
  Boolean(TEMPORAL_PROFILE || TEMPORAL_CONFIG_FILE)

/**
 * An environment with Temporal's own settings in it (N-76): those of a profile in `temporal.toml`, under the names that the SDKs and the CLI have for
 * them, where the environment does not set them itself. The file is not read where TEMPORAL_ADDRESS is set and nothing names a file or a profile: its
 * API key is for the address beside it, and not to be sent to another one. Throws an Error that says what is wrong.
 */
export function withTemporalSettings(environment: Environment): Environment {
  const own = withoutAliases(environment)
  const { TEMPORAL_CONFIG_FILE: file, TEMPORAL_TLS: switched } = own
  // The SDK takes everything but 1 and true for off: a word that it does not know would send in the clear.
  if (switched !== undefined && !/^(?:1|true|0|false)$/.test(switched))
    throw new Error('TEMPORAL_TLS is wrong: it is not true or false')
  if (file !== undefined && !existsSync(file)) throw new Error(`TEMPORAL_CONFIG_FILE is wrong: there is no ${file}`)
  const { address, namespace, apiKey, tls, grpcMeta } = loadClientConfigProfile({
    disableFile: own['TEMPORAL_ADDRESS'] !== undefined && !namesProfile(own),
    overrideEnvVars: own as Record<string, string>,
  })
  const settings = {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    TEMPORAL_API_KEY: apiKey,
    TEMPORAL_TLS: tls === undefined ? undefined : String(tls.disabled !== true),
    TEMPORAL_TLS_SERVER_NAME: tls?.serverName,
    ...sourceAs('TEMPORAL_TLS_CLIENT_CERT', tls?.clientCert),
    ...sourceAs('TEMPORAL_TLS_CLIENT_KEY', tls?.clientKey),
    ...sourceAs('TEMPORAL_TLS_SERVER_CA_CERT', tls?.serverCACert),
    TEMPORAL_GRPC_META: grpcMeta === undefined ? undefined : JSON.stringify(grpcMeta),
  }
  return { ...own, ...Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) }
}

function withoutAliases(environment: Environment): Environment {
  const known = new Map(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''))
  for (const [alias, name] of Object.entries(ALIASES)) {
    const [ours, theirs] = [known.get(alias), known.get(name)]
    if (ours === undefined) continue
    if (theirs !== undefined && theirs !== ours)
      throw new Error(`${alias} is wrong: ${name} is set as well, to something else`)
    known.set(name, ours)
    known.delete(alias)
  }
  return Object.fromEntries(known)
}

function sourceAs(name: string, source: { path: string } | { data: string | Uint8Array } | undefined) {
  if (source === undefined) return {}
  return 'path' in source
    ? { [`${name}_PATH`]: source.path }
    : { [`${name}_DATA`]: typeof source.data === 'string' ? source.data : new TextDecoder().decode(source.data) }
}
