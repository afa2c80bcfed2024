import { z } from 'zod'
import { SETTINGS } from '../../config.ts'
import { DOCUMENT_NAMES } from '../../runtime/document-names.ts'
import { environments } from '../environment.ts'
import { PORTS, readSettings } from '../settings.ts'
import { SERVICES } from './services.ts'
import { PLACES, SERVED, type Group } from './words.ts'

export const CONFIGURATION_FILE = 'docs/configuration.md'

const INTRODUCTION = `# Configuration

<!-- Written by \`npm run configuration\` from config.ts and stack/configuration/: change those. -->

You do not have to set anything: \`npm start\` embeds what is missing, and uses what is set. The processes are \`server.ts\` (API), \`worker.ts\`
(workflows, activities, and the pollers: inbox, waitlist, displaced bookings, notifications, webhooks, retention, orphaned files, reports) and
\`relay.ts\` (outbox to Kafka, Kafka to inbox). Each reads its environment once, and stops with one sentence per variable that is wrong. An empty
variable counts as not set.

**default** is what holds where nothing is set; *required*: without \`npm start\` you have to set it. A ¹ marks what \`npm start\` sets by itself.

The processes also read what only a [door](doors.md)’s document names: ${DOCUMENT_NAMES.map((name) => `\`${name}\``).join(', ')}. What is set under our names counts
first. \`AUTH0_DOMAIN\` makes callers without a role customers ([docs/identity.md](identity.md)).`

/** The tables in their order, under the titles of their parts. */
export const PARTS: readonly (readonly [title: string, groups: readonly Group[]])[] = [
  ['Where things are', PLACES],
  ['What the processes serve and do', SERVED],
  ['Services of others', SERVICES],
]

/** docs/configuration.md, as config.ts and the words beside this file make it. */
export function configurationDocument(): string {
  const parts = PARTS.map(([title, groups]) => [`## ${title}`, ...groups.map(tableOf)].join('\n\n'))
  return `${[INTRODUCTION, ...parts, embedded()].join('\n\n')}\n`
}

function tableOf({ title, about, variables }: Group): string {
  const rows = Object.entries(variables).map(
    ([name, meaning]) =>
      `| \`${name}\`${STARTED.has(name) ? ' ¹' : ''} | ${defaultOf(name)} | ${rangeOf(name)} | ${meaning} |`,
  )
  const head = ['| variable | default | values | meaning |', '|---|---|---|---|']
  return [`### ${title}`, ...(about === undefined ? [] : [about]), [...head, ...rows].join('\n')].join('\n\n')
}

/** What holds where a variable is not set, asked of its schema. */
function defaultOf(name: string): string {
  const result = schemaOf(name).safeParse(undefined)
  if (!result.success) return '*required*'
  const value: unknown = result.data
  if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) return 'none'
  return `\`${Array.isArray(value) ? value.join(',') : textOf(value)}\``
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** What it may be, where its schema lists it or bounds it. */
function rangeOf(name: string): string {
  const schema = z.toJSONSchema(schemaOf(name), { unrepresentable: 'any' })
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ')
  if (schema.type === 'boolean') return '`true`, `false`'
  const { minimum, maximum } = schema
  if (minimum === undefined) return ''
  return maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? `from ${minimum}` : `${minimum} to ${maximum}`
}

function schemaOf(name: string): z.ZodType {
  const schema = SETTINGS[name]
  if (schema === undefined) throw new Error(`config.ts reads no ${name}`)
  return schema
}

const URLS = { api: 'set', sandbox: 'set', temporalUi: 'set', temporalAddress: 'set', databaseUrl: 'set' }

/** The variables that `npm start` gives to the processes. */
const STARTED: ReadonlySet<string> = new Set(
  Object.values(environments({}, readSettings({}), { paymentWebhookSecret: 'set' }, URLS)).flatMap((environment) =>
    Object.keys(environment),
  ),
)

function embedded(): string {
  const rows = Object.values(PORTS)
    .filter(({ variable }) => SETTINGS[variable] === undefined)
    .map(({ variable, usual, what }) => `| \`${variable}\` | \`${usual}\` | the port of ${what} |`)
  return [
    '## What `npm start` embeds',
    [
      '| variable | default | meaning |',
      '|---|---|---|',
      '| `HOLDFAST_HOME` | `.holdfast` | data, and `logs/` with what each process printed |',
      ...rows,
      '| `HOLDFAST_DEBUG` | none | a failing command prints the whole error |',
    ].join('\n'),
    'What you load yourself (`PUT /api/v1/offerings/{id}`, then `…/units`) can be sold at once; the answer’s `warnings` say what still keeps it from that.',
  ].join('\n\n')
}
