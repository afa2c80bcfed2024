import { CATALOGUE, isPublished, jsonSchemaOf, publishedTopics, type CatalogueEntry } from './catalogue.ts'

const DESCRIPTION = `What Holdfast tells the world: every version of every booking (\`booking.changed\`, with the state after it, the same in every profile), and what each profile has its own names for, as CloudEvents 1.0 in binary mode.
Whoever keeps the highest \`version\` of \`booking.changed\` per booking knows what is booked: units, times, parties, statuses and money.
The key is the booking’s id: the messages of a booking are in order within their topic, and \`ce_sequence\` orders them across topics. They arrive at least once: drop those whose \`ce_id\` you have seen.
Fields may be added to a payload, and never vanish or change their type.`

/** The AsyncAPI 3.0 document of everything that is published (K-02), made from the schemas that the messages are made by. */
export function asyncApiDocument() {
  return {
    asyncapi: '3.0.0',
    info: { title: 'Holdfast events', version: '1', description: DESCRIPTION, license: { name: 'Apache-2.0' } },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(publishedTopics().map((topic) => [topic, channelOf(topic)])),
    operations: Object.fromEntries(publishedTopics().map((topic) => [`send.${topic}`, operationOf(topic)])),
    components: {
      messages: Object.fromEntries(CATALOGUE.map((entry) => [idOf(entry), messageOf(entry)])),
      schemas: Object.fromEntries(CATALOGUE.map((entry) => [idOf(entry), payloadOf(entry)])),
      messageTraits: { cloudEvent: CLOUD_EVENT },
    },
  }
}

export type AsyncApiDocument = ReturnType<typeof asyncApiDocument>

/** The name of a message in the document: two profiles may have an event type of the same name. */
function idOf({ profile, type }: CatalogueEntry): string {
  return `${profile}.${type}`
}

function channelOf(topic: string) {
  const entries = CATALOGUE.filter((entry) => entry.topic === topic)
  const profiles = [...new Set(entries.map(({ profile }) => profile))].join(', ')
  return {
    address: topic,
    description: `Bookings of the profile ${profiles}.`,
    messages: Object.fromEntries(
      entries.map((entry) => [idOf(entry), { $ref: `#/components/messages/${idOf(entry)}` }]),
    ),
    bindings: { kafka: { topic, bindingVersion: '0.5.0' } },
  }
}

function operationOf(topic: string) {
  return { action: 'send' as const, channel: { $ref: `#/channels/${topic}` } }
}

function messageOf(entry: CatalogueEntry) {
  return {
    name: entry.type,
    title: entry.type,
    summary: entry.summary,
    ...(!isPublished(entry) && { description: 'Agreed on, and not published yet.' }),
    contentType: 'application/json',
    traits: [{ $ref: '#/components/messageTraits/cloudEvent' }],
    payload: { $ref: `#/components/schemas/${idOf(entry)}` },
  }
}

/** AsyncAPI has its own dialect of JSON Schema; what is used here is the same in both. */
function payloadOf(entry: CatalogueEntry): Record<string, unknown> {
  const { $schema: _schema, $id: _id, ...payload } = jsonSchemaOf(entry)
  return payload
}

const CLOUD_EVENT = {
  headers: {
    type: 'object',
    properties: {
      ce_specversion: { type: 'string', const: '1.0' },
      ce_id: { type: 'string', format: 'uuid', description: 'The same whenever the same message comes again.' },
      ce_type: { type: 'string', description: 'The event type, the name of the message here.' },
      ce_source: { type: 'string', description: 'The profile, as `/holdfast/{profile}`.' },
      ce_subject: { type: 'string', format: 'uuid', description: 'The booking.' },
      ce_sequence: {
        type: 'string',
        description: 'Grows with every event of a booking, on whatever topic; compared as text.',
      },
      ce_time: { type: 'string', format: 'date-time', description: 'When it was written down.' },
      ce_dataschema: { type: 'string', description: 'The payload’s schema, `urn:holdfast:schema:{profile}:{type}`.' },
      'content-type': { type: 'string', const: 'application/json' },
    },
    required: [
      'ce_specversion',
      'ce_id',
      'ce_type',
      'ce_source',
      'ce_subject',
      'ce_sequence',
      'ce_time',
      'ce_dataschema',
    ],
  },
  bindings: {
    kafka: {
      key: { type: 'string', format: 'uuid', description: 'The booking’s id.' },
      bindingVersion: '0.5.0',
    },
  },
}
