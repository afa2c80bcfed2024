import { status, type ServiceError } from '@grpc/grpc-js'
import { isGrpcServiceError, type Client } from '@temporalio/client'
import proto from '@temporalio/proto'
import { BadConfiguration } from '../config.ts'
import { ATTRIBUTES } from '../workflows/search-attributes.ts'
import { openTemporalClient } from './connect.ts'

type Where = Parameters<typeof openTemporalClient>[0]
type IndexedType = proto.temporal.api.enums.v1.IndexedValueType
type AttributeType = (typeof ATTRIBUTES)[keyof typeof ATTRIBUTES]['type']

// A CommonJS module, of which Node sees no names.
const { IndexedValueType } = proto.temporal.api.enums.v1
const UNKNOWN = IndexedValueType.INDEXED_VALUE_TYPE_UNSPECIFIED
const TYPES = {
  KEYWORD: { value: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD, words: 'Keyword' },
  KEYWORD_LIST: { value: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST, words: 'KeywordList' },
  DATETIME: { value: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME, words: 'Datetime' },
} as const satisfies Record<AttributeType, object>

const wanted: readonly { readonly name: string; readonly type: AttributeType }[] = Object.values(ATTRIBUTES)

/**
 * Adds the search attributes that a Temporal server does not have yet, and returns their names. Done again, it adds nothing. Throws BadConfiguration
 * with what to do when the server does not let us, or has one of another type.
 */
export async function registerSearchAttributes(where: Where): Promise<string[]> {
  const client = await openTemporalClient(where)
  try {
    const known = await listed(client)
    const missing = known === null ? wanted : wanted.filter(({ name }) => !known.has(name))
    const wrong = known === null ? [] : wanted.filter(({ name, type }) => isOther(known.get(name), type))
    if (wrong.length > 0) {
      throw new BadConfiguration(
        `Temporal has search attributes of another type in namespace ${where.TEMPORAL_NAMESPACE}: ${list(wrong)} is what is needed. Remove them, or use another namespace.`,
      )
    }
    if (missing.length > 0) await add(client, where.TEMPORAL_NAMESPACE, missing)
    return missing.map(({ name }) => name)
  } finally {
    await client.connection.close()
  }
}

/**
 * Throws BadConfiguration, with what to run, when bookings could not be started or could not go on because of search attributes that Temporal does not
 * know. A server that does not say what it has is taken at its word.
 */
export async function requireSearchAttributes(where: Where): Promise<void> {
  const client = await openTemporalClient(where)
  try {
    const known = await listed(client)
    const missing = known === null ? [] : wanted.filter(({ name, type }) => isOther(known.get(name) ?? UNKNOWN, type))
    if (missing.length === 0) return
    throw new BadConfiguration(
      `Temporal lacks the search attributes ${list(missing)} in namespace ${where.TEMPORAL_NAMESPACE}: run \`npm run search-attributes\` (node temporal/search-attributes-main.ts), then start again.`,
    )
  } finally {
    await client.connection.close()
  }
}

async function add(client: Client, namespace: string, missing: typeof wanted): Promise<void> {
  const searchAttributes = Object.fromEntries(missing.map(({ name, type }) => [name, TYPES[type].value]))
  try {
    await client.connection.operatorService.addSearchAttributes({ namespace, searchAttributes })
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error
    // Somebody was faster, or the server is one for tests that does not list them.
    if (error.code === status.ALREADY_EXISTS) return
    if (!isRefused(error)) throw new BadConfiguration(`Temporal did not add the search attributes: ${error.details}`)
    const flags = missing.map(({ name, type }) => `--sa "${name}=${TYPES[type].words}"`).join(' ')
    throw new BadConfiguration(
      `This Temporal does not let its clients add search attributes (Temporal Cloud does not). Add them in its UI, or with: tcld namespace search-attributes add --namespace ${namespace} ${flags}`,
    )
  }
}

/** The custom search attributes of the namespace; null when the server does not tell. */
async function listed(client: Client): Promise<ReadonlyMap<string, IndexedType> | null> {
  const { namespace } = client.options
  try {
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace })
    return new Map(Object.entries(customAttributes))
  } catch (error) {
    if (isGrpcServiceError(error) && isRefused(error)) return null
    throw error
  }
}

function isRefused({ code }: ServiceError): boolean {
  return code === status.PERMISSION_DENIED || code === status.UNIMPLEMENTED
}

function isOther(known: IndexedType | undefined, type: AttributeType): boolean {
  return known !== undefined && known !== TYPES[type].value
}

function list(attributes: typeof wanted): string {
  return attributes.map(({ name, type }) => `${name} (${TYPES[type].words})`).join(', ')
}
