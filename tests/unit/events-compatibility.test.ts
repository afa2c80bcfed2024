import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { breakingChanges } from '../../events/compatibility.ts'

const schema = (shape: z.core.$ZodLooseShape) => z.toJSONSchema(z.object(shape))
const item = { id: z.string(), amount: z.string() }
const before = schema({
  id: z.string(),
  at: z.iso.datetime(),
  note: z.string().optional(),
  reason: z.string().nullable(),
  status: z.enum(['pending', 'confirmed']),
  count: z.number(),
  who: z.object({ name: z.string() }).nullable(),
  items: z.array(z.object(item)),
})

/** The schema with some of its fields otherwise. */
const changed = (shape: z.core.$ZodLooseShape, without: readonly string[] = []) =>
  schema(
    Object.fromEntries(
      Object.entries({
        id: z.string(),
        at: z.iso.datetime(),
        note: z.string().optional(),
        reason: z.string().nullable(),
        status: z.enum(['pending', 'confirmed']),
        count: z.number(),
        who: z.object({ name: z.string() }).nullable(),
        items: z.array(z.object(item)),
        ...shape,
      }).filter(([name]) => !without.includes(name)),
    ),
  )

describe('K-02 a schema that changes', () => {
  test.each<[string, unknown]>([
    ['nothing', changed({})],
    ['a field more', changed({ more: z.string() })],
    ['a field more that may be missing', changed({ more: z.string().optional() })],
    ['a field more inside a list', changed({ items: z.array(z.object({ ...item, more: z.int() })) })],
    ['always there, what could be missing', changed({ note: z.string() })],
    ['never null, what could be', changed({ reason: z.string(), who: z.object({ name: z.string() }) })],
    ['a value less', changed({ status: z.enum(['pending']) })],
    ['one value of those there were', changed({ status: z.literal('confirmed') })],
    ['whole, what was any number', changed({ count: z.int() })],
  ])('may have or be %s', (_, after) => {
    expect(breakingChanges(before, after)).toEqual([])
  })

  test.each<[string, unknown, readonly string[]]>([
    ['loses a field', changed({}, ['id']), ['id is gone']],
    ['renames a field', changed({ ID: z.string() }, ['id']), ['id is gone']],
    ['makes a field optional', changed({ id: z.string().optional() }), ['id may be missing']],
    ['makes a text a number', changed({ id: z.number() }), ['id was string and is number']],
    ['makes a number a text', changed({ count: z.string() }), ['count was number and is string']],
    ['lets a field be null', changed({ id: z.string().nullable() }), ['id was string and is string or null']],
    ['lets an object be null', changed({ items: z.null() }), ['items was array and is null']],
    ['loses a format', changed({ at: z.string() }), ['at had the format date-time and has none']],
    ['changes a format', changed({ at: z.iso.date() }), ['at had the format date-time and has date']],
    [
      'has a value that nobody was told of',
      changed({ status: z.enum(['pending', 'lost']) }),
      ['status can be "lost", which it could not'],
    ],
    [
      'has any value',
      changed({ status: z.string() }),
      ['status was one of "pending", "confirmed" and can be anything'],
    ],
    ['loses a field of an object that can be null', changed({ who: z.object({}).nullable() }), ['who.name is gone']],
    [
      'loses a field inside a list',
      changed({ items: z.array(z.object({ id: z.string() })) }),
      ['items[].amount is gone'],
    ],
    ['wraps the elements of a list', changed({ items: z.array(z.string()) }), ['items[] was object and is string']],
    ['is something else altogether', { type: 'string' }, ['the payload was object and is string']],
    ['says nothing any more', {}, ['the payload was object and is anything']],
  ])('is refused when it %s', (_, after, report) => {
    expect(breakingChanges(before, after)).toEqual(report)
  })
})
