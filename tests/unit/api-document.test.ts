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
