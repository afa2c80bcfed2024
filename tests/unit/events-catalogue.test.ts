import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { asyncApiDocument } from '../../events/asyncapi.ts'
import { CATALOGUE, entryOf, isPublished, jsonSchemaOf } from '../../events/catalogue.ts'
import { breakingChanges } from '../../events/compatibility.ts'
import { messageOf } from '../../events/envelope.ts'
import { PROFILES } from '../../profiles/index.ts'
import { PROFILE_NAMES } from '../../profiles/profile.ts'

const EVENTS = fileURLToPath(new URL('../../events', import.meta.url))
const readJson = (path: string): unknown => JSON.parse(readFileSync(join(EVENTS, path), 'utf8'))
const names = CATALOGUE.map((entry) => [`${entry.profile}/${entry.type}`, entry] as const)

/** Everything that a document refers to. */
function* referencesIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) {
    if (key === '$ref' && typeof member === 'string') yield member
    else yield* referencesIn(member)
  }
}

/** What a reference points to, or undefined. */
function resolve(document: unknown, reference: string): unknown {
  return reference
    .replace('#/', '')
    .split('/')
    .reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined), document)
}

describe('K-02 K-03 the catalogue of events', () => {
  test.each(PROFILE_NAMES)('%s has an entry for whatever its profile publishes, each once', (profile) => {
    const types = CATALOGUE.filter((entry) => entry.profile === profile).map(({ type }) => type)
    expect(new Set(types).size).toBe(types.length)
    for (const published of Object.values(PROFILES[profile].events.on).flat()) expect(types).toContain(published)
  })

  test('C-07 V-05 agrees beforehand on what nothing triggers yet, and on nothing else', () => {
    const waiting = CATALOGUE.filter((entry) => !isPublished(entry)).map(({ profile, type }) => `${profile} ${type}`)
    expect(waiting).toEqual([])
  })

  test('can make every event that is published', () => {
    const unable = CATALOGUE.filter((entry) => isPublished(entry) && (entry.build ?? entry.buildReview) === undefined)
    expect(unable).toEqual([])
  })

  test('gives ticketing a topic per type, and the others one each', () => {
    const topics = PROFILE_NAMES.map((name) => [
      ...new Set(CATALOGUE.filter(({ profile }) => profile === name).map(({ topic }) => topic)),
    ])
    expect(topics).toEqual([
      ['booking.events'],
      ['clinic.events'],
      ['booking.created', 'booking.confirmed', 'booking.cancelled', 'payment.processed', 'booking.changed'],
      ['venue.events'],
      ['order.events'],
    ])
    expect(new Set(topics.flat()).size).toBe(topics.flat().length)
  })

  test('knows nothing that is not in it', () => {
    expect(() => entryOf('venue', 'booking.lost')).toThrow('the profile venue has no event booking.lost')
  })
})

describe('K-02 the published schemas', () => {
  test.each(names)('%s changes for its readers only by what is added', (name, entry) => {
    expect(breakingChanges(readJson(`schemas/${name}.json`), jsonSchemaOf(entry))).toEqual([])
  })

  test.each(names)('%s is what the code says (else: npm run events)', (name, entry) => {
    expect(readJson(`schemas/${name}.json`)).toEqual(jsonSchemaOf(entry))
  })

  test('are there for the events of the catalogue and for no other', () => {
    const files = globSync('schemas/**/*.json', { cwd: EVENTS }).map((path) => path.replaceAll('\\', '/'))
    expect(files.toSorted()).toEqual(names.map(([name]) => `schemas/${name}.json`).toSorted())
  })

  test.each(names)('%s names itself, and lets fields come', (_, entry) => {
    const schema = jsonSchemaOf(entry)
    expect(schema).toMatchObject({ $id: `urn:holdfast:schema:${entry.profile}:${entry.type}`, title: entry.type })
    expect(JSON.stringify(schema)).not.toContain('additionalProperties')
  })
})

describe('K-02 the AsyncAPI document', () => {
  const document = asyncApiDocument()

  test('is what the code says (else: npm run events)', () => {
    expect(readJson('asyncapi.json')).toEqual(document)
  })

  test('is of version 3, with a channel and a sending operation per topic', () => {
    expect(document).toMatchObject({ asyncapi: '3.0.0', info: { title: 'Holdfast events', version: '1' } })
    const topics = [...new Set(CATALOGUE.map(({ topic }) => topic))]
    expect(Object.values(document.channels).map(({ address }) => address)).toEqual(topics)
    expect(Object.values(document.operations)).toEqual(
      topics.map((topic) => ({ action: 'send', channel: { $ref: `#/channels/${topic}` } })),
    )
  })

  test('describes each event with its payload and the headers of CloudEvents', () => {
    expect(Object.keys(document.components.messages)).toHaveLength(CATALOGUE.length)
    for (const { summary, traits, payload } of Object.values(document.components.messages)) {
      expect(summary).not.toBe('')
      expect(traits).toEqual([{ $ref: '#/components/messageTraits/cloudEvent' }])
      expect(resolve(document, payload.$ref)).toMatchObject({ type: 'object' })
    }
  })

  test('K-02 describes the headers that the relay sends, each of them and no other', () => {
    const row = { id: '1', eventId: 'e', bookingId: 'b', version: 1, profile: 'venue', eventType: 't', topic: 't' }
    const { headers = {} } = messageOf({ ...row, payload: '{}', createdAt: new Date(0) })
    const { properties } = document.components.messageTraits.cloudEvent.headers
    expect(Object.keys(properties).toSorted()).toEqual(Object.keys(headers).toSorted())
    expect(headers['ce_dataschema']).toBe('urn:holdfast:schema:venue:t')
  })

  test('refers to nothing that is not there, under names that AsyncAPI allows', () => {
    const references = [...referencesIn(document)]
    expect(references.length).toBeGreaterThan(90)
    expect(references.filter((reference) => resolve(document, reference) === undefined)).toEqual([])
    const keys = Object.values(document.components).flatMap((part) => Object.keys(part))
    expect(keys.filter((key) => !/^[\w.-]+$/.test(key))).toEqual([])
  })
})
