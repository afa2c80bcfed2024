import { describe, expect, test } from 'vitest'
import { asOfToday } from '../../api/examples/moments.ts'
import { apiDocument } from '../../stack/api-document.ts'
import { examplesOf, faultsOf, operationsOf, type Document } from '../support/document.ts'

const text = asOfToday(apiDocument(), new Date('2026-12-30T15:00:00Z'))
const document = JSON.parse(text) as Document
const operations = operationsOf(document)

/** Every text of the document that people read, with where it stands. */
function* textsIn(value: unknown, at = ''): Generator<[at: string, text: string]> {
  if (typeof value === 'string') yield [at, value]
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) yield* textsIn(member, `${at}/${name}`)
}

describe('the OpenAPI document, for people', () => {
  test.each(operations)('V-08 $name has a group, a name, a line, and says what it answers', ({ operation }) => {
    const groups = document.tags.map(({ name }) => name)
    expect(operation.tags).toHaveLength(1)
    expect(groups).toContain(operation.tags?.[0])
    expect(operation.operationId).toMatch(/^[a-z][A-Za-z]+$/)
    expect(operation.summary).toMatch(/^[A-Z].{5,79}$/)
    expect(operation.summary).not.toMatch(/[.\n]$/)
    if (operation.description !== undefined) expect(operation.description).toMatch(/\.$/)

    const statuses = Object.keys(operation.responses)
    expect(statuses.filter((status) => status.startsWith('2'))).toHaveLength(1)
    expect(statuses).toEqual(expect.arrayContaining(['400', '401', '429', '503']))
  })

  test('V-08 its operations have names of their own, and its groups are all used, once each', () => {
    const names = operations.map(({ operation }) => operation.operationId)
    expect(new Set(names).size).toBe(names.length)
    const groups = document.tags.map(({ name }) => name)
    expect(new Set(groups).size).toBe(groups.length)
    expect(new Set(operations.flatMap(({ operation }) => operation.tags ?? []))).toEqual(new Set(groups))
  })

  test('V-08 it has no number of a requirement in it, which nobody outside knows', () => {
    const numbered = [...textsIn(document)].filter(([, text]) => /\b[ACEFGHKNORSTVWX]-\d{2}\b/.test(text))
    expect(numbered).toEqual([])
  })

  test('V-08 A-32 each problem has an example of every code it may have, with the status of the answer', () => {
    for (const { name, operation } of operations) {
      for (const [status, { content = {} }] of Object.entries(operation.responses)) {
        if (status < '400') continue
        const examples = Object.values(content['application/problem+json']?.examples ?? {})
        expect({ name, status, examples: examples.length > 0 }).toEqual({ name, status, examples: true })
        for (const { $ref } of examples) {
          const value = exampleAt($ref)
          expect(value).toMatchObject({ code: expect.any(String) as string, title: expect.any(String) as string })
          if (status !== '412') expect(value).toMatchObject({ status: Number(status) })
        }
      }
    }
  })

  test('V-08 every body that is JSON has an example; one of each profile where profiles differ', () => {
    const known = new Set<string>()
    for (const { name, operation } of operations) {
      if (operation.requestBody?.content['application/json'] === undefined) continue
      const examples = examplesOf(document, operation)
      expect({ name, examples: examples.length > 0 }).toEqual({ name, examples: true })
      for (const [example] of examples) known.add(example)
      if (!['post /bookings', 'post /reservations', 'put /offerings/{id}'].includes(name)) continue
      const profiles = examples.map(([, body]) => (body as { profile: string }).profile).toSorted()
      expect(profiles).toEqual(['clinic', 'course', 'ticketing', 'tutoring', 'venue'])
    }
    // And none that nobody refers to.
    const referred = new Set([...text.matchAll(/#\/components\/examples\/(\w+)/g)].map(([, name]) => name))
    expect(new Set(Object.keys(document.components.examples))).toEqual(referred)
    expect(known.size).toBeGreaterThan(20)
  })

  test('V-08 each example is what its schema says', () => {
    const seen = new Set<string>()
    for (const { name, operation } of operations) {
      const contents = [operation.requestBody, ...Object.values(operation.responses)].flatMap((each) =>
        Object.values(each?.content ?? {}),
      )
      for (const { schema, examples = {} } of contents) {
        for (const { $ref } of Object.values(examples)) {
          const pair = `${$ref} ${JSON.stringify(schema)}`
          if (seen.has(pair)) continue
          seen.add(pair)
          expect({ name, $ref, faults: faultsOf(document, schema, exampleAt($ref)) }).toEqual({
            name,
            $ref,
            faults: [],
          })
        }
      }
    }
  })

  test('V-08 its paths end without a slash, and only those of other systems’ documents can be taken for one another', () => {
    const paths = Object.keys(document.paths)
    expect(paths.filter((path) => !/^(\/(?:[\w-]+|\{\w+\}))+$/.test(path))).toEqual([])
    const pairs = paths.flatMap((one, index) =>
      paths.slice(index + 1).flatMap((other) => (isEitherOf(one, other) ? [`${one} ${other}`] : [])),
    )
    // A booking’s id is a UUID, and neither `guest` nor `venue` nor `number` nor `reference` is.
    const named = /\/bookings\/(?:guest|venue|number|reference)\/\{\w+\}/
    expect(pairs.filter((pair) => !named.test(pair))).toEqual([])
  })

  test('V-08 what it says about itself is whole: licence, server, groups, and who may call', () => {
    expect(document.info.license).toMatchObject({
      name: expect.any(String) as string,
      url: expect.any(String) as string,
    })
    expect(document.info.description).toMatch(/\.$/)
    expect(document.servers.every(({ url }) => /^\/[\w/]*\w$/.test(url))).toBe(true)
    for (const { description } of document.tags) expect(description).toMatch(/^[A-Z].+\.$/)
    const known = Object.keys(document.components.securitySchemes)
    for (const { name, operation } of operations) {
      const needed = (operation.security ?? []).flatMap((each) => Object.keys(each))
      expect({ name, needed }).toEqual({ name, needed: known })
    }
  })

  test('V-08 what a value may be is of its type, and is there once', () => {
    const faults = [...schemasIn(document)].filter(
      ([, { type, enum: values = [], required = [], properties = {} }]) => {
        const types = [type ?? []].flat()
        const isStrange = values.some(
          (value) => types.length > 0 && !typeNamesOf(value).some((name) => types.includes(name)),
        )
        const isTwice = new Set(values).size < values.length || new Set(required).size < required.length
        return isStrange || isTwice || required.some((name) => !(name in properties))
      },
    )
    expect(faults.map(([at]) => at)).toEqual([])
  })

  test('V-08 no schema is there that nothing refers to', () => {
    const referred = new Set([...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name))
    expect(Object.keys(document.components.schemas).filter((name) => !referred.has(name))).toEqual([])
  })

  test('V-08 moments in examples are ahead of the day on which the document is read', () => {
    expect(exampleAt('#/components/examples/venueOrder')).toMatchObject({
      items: [{ start_local: '2027-01-04T19:00:00' }],
    })
    expect(text).not.toMatch(/\{in \d+ days/)
  })
})

function exampleAt(reference: string): object {
  const example = document.components.examples[reference.replace('#/components/examples/', '')]
  expect(example, reference).toBeDefined()
  return example?.value ?? {}
}

/** Whether some path fits both. */
function isEitherOf(one: string, other: string): boolean {
  const [parts, others] = [one.split('/'), other.split('/')]
  const isName = (part = '') => part.startsWith('{')
  return (
    parts.length === others.length &&
    parts.every((part, index) => part === others[index] || isName(part) || isName(others[index]))
  )
}

type Schema = {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly required?: readonly string[]
  readonly properties?: object
}

/** Every object of the document that says of values what they may be, with where it stands; examples are no schemas. */
function* schemasIn(value: unknown, at = ''): Generator<[at: string, schema: Schema]> {
  if (typeof value !== 'object' || value === null || at === '/components/examples') return
  if (('enum' in value || 'properties' in value) && !at.endsWith('/properties')) yield [at, value as Schema]
  for (const [name, member] of Object.entries(value)) yield* schemasIn(member, `${at}/${name}`)
}

function typeNamesOf(value: unknown): string[] {
  if (value === null) return ['null']
  return Number.isInteger(value) ? ['integer', 'number'] : [typeof value]
}
