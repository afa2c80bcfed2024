import fc from 'fast-check'
import type { Schema } from '../../stack/client/types.ts'
import type { Document } from './document.ts'

/** What parsers, libraries and databases stumble over. */
export const ODD_TEXTS: readonly string[] = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\u{1F600}',
  'a\r\nb: c',
  '\u2028',
  '../..',
  '%',
  '%00',
  '%ff',
  "' OR 1=1 --",
  '__proto__',
  'constructor',
  'null',
  'NaN',
  '-0',
  '0x10',
  '1e400',
  '9007199254740993',
  '-1',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999-14:00',
  '2026-02-30T00:00:00Z',
  '2026-12-31T23:59:60Z',
  '+275760-09-13T00:00:00Z',
  '2200-12-31T23:59:59-14:00',
  'x'.repeat(300),
  'W10',
  'WyIyMDI2LTAxLTAxVDAwOjAwOjAwLjAwMFoiLCIwMDAwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDAiXQ',
  'WyIwMDAwLTAxLTAxVDAwOjAwOjAwLjAwMFoiLCIwMDAwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDAiXQ',
]

const ODD_VALUES: readonly unknown[] = [
  ...ODD_TEXTS,
  null,
  true,
  0,
  -1,
  1.5,
  1e21,
  9_007_199_254_740_991,
  -9_007_199_254_740_991,
  2_147_483_648,
  [],
  [null],
  {},
  { a: {} },
]

export const oddText = fc.constantFrom(...ODD_TEXTS)
const oddValue = fc.constantFrom(...ODD_VALUES)

/** Values that fit a schema, but for one place in some that is odd; `known` are ids that there are. */
export function valuesOf(schema: Schema, { components }: Document, known: readonly string[]): fc.Arbitrary<unknown> {
  const follow = ({ $ref, ...rest }: Schema): Schema =>
    $ref === undefined ? rest : follow(components.schemas[$ref.split('/').at(-1) ?? ''] ?? {})

  const fitting = (given: Schema, depth: number): fc.Arbitrary<unknown> => {
    const { type, ...each } = follow(given)
    if (each.const !== undefined) return fc.constant(each.const)
    if (each.enum !== undefined) return fc.constantFrom(...each.enum)
    const choices = each.oneOf ?? each.anyOf ?? each.allOf
    if (choices !== undefined) return fc.oneof(...choices.map((choice) => odd(choice, depth)))
    const kind = typeof type === 'string' ? type : type?.[0]
    switch (kind) {
      case 'object': {
        const members = Object.entries(each.properties ?? {}).map(([name, member]) => [name, odd(member, depth + 1)])
        return fc.record(Object.fromEntries(members) as Record<string, fc.Arbitrary<unknown>>, {
          requiredKeys: [...(each.required ?? [])],
        })
      }
      case 'array':
        return depth > 4 ? fc.constant([]) : fc.array(odd(each.items ?? {}, depth + 1), { minLength: 1, maxLength: 2 })
      case 'integer':
      case 'number':
        return fc.integer({ min: each.minimum ?? 0, max: Math.min(each.maximum ?? 1000, 2_000_000_000) })
      case 'boolean':
        return fc.boolean()
      default:
        return fc.constantFrom(...known, 'USD', 'Europe/Zurich', '2027-03-01T09:00:00Z', '2027-03-01T09:00', '+02:00')
    }
  }
  const odd = (given: Schema, depth: number) =>
    fc.oneof({ weight: 14, arbitrary: fitting(given, depth) }, { weight: 1, arbitrary: oddValue })
  return odd(schema, 0)
}
