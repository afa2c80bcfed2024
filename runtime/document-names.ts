type Environment = Readonly<Record<string, string | undefined>>

/** Variables of the documents that the doors are for (docs/doors.md), which say in other words what ours say. */
export const DOCUMENT_NAMES = [
  'DATABASE_HOST',
  'DATABASE_PORT',
  'DATABASE_NAME',
  'DATABASE_USER',
  'DATABASE_PASSWORD',
  'KAFKA_BROKER',
  'AUTH0_DOMAIN',
  'AUTH0_AUDIENCE',
] as const

/** An environment in our words: what only the documents' variables say is there under ours, and where both are set ours count. */
export function withDocumentNames(environment: Environment): Environment {
  const theirs = (name: (typeof DOCUMENT_NAMES)[number]) => environment[name] || undefined
  // Keys and role go with their issuer: another one's tokens are neither checked with the tenant's keys nor given its role.
  const tenant = environment['AUTH_ISSUER'] ? undefined : theirs('AUTH0_DOMAIN')
  const said = { ...fromAuth0(tenant, theirs('AUTH0_AUDIENCE')), KAFKA_BROKERS: theirs('KAFKA_BROKER') }
  const given = Object.entries({ ...said, DATABASE_URL: databaseUrl(theirs) })
  const missing = given.filter(([name, value]) => value !== undefined && !environment[name])
  return { ...environment, ...Object.fromEntries(missing) }
}

/** In these documents everybody with a token of the tenant may book, so who has no role is a customer (F-06). */
function fromAuth0(domain: string | undefined, audience: string | undefined) {
  if (domain === undefined) return { AUTH_AUDIENCE: audience }
  return {
    AUTH_ISSUER: `https://${domain}/`,
    AUTH_JWKS_URL: `https://${domain}/.well-known/jwks.json`,
    AUTH_AUDIENCE: audience,
    AUTH_DEFAULT_ROLE: 'customer',
  }
}

function databaseUrl(theirs: (name: (typeof DOCUMENT_NAMES)[number]) => string | undefined): string | undefined {
  const host = theirs('DATABASE_HOST')
  if (host === undefined) return undefined
  const [user, password, name] = (['USER', 'PASSWORD', 'NAME'] as const).map((part) =>
    encodeURIComponent(theirs(`DATABASE_${part}`) ?? ''),
  )
  return `postgresql://${user}:${password}@${host}:${theirs('DATABASE_PORT') ?? '5432'}/${name}`
}
