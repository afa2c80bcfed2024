import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { VARIABLES } from '../../config.ts'
import { CONFIGURATION_FILE, configurationDocument, PARTS } from '../../stack/configuration/document.ts'

const written = readFileSync(fileURLToPath(new URL(`../../${CONFIGURATION_FILE}`, import.meta.url)), 'utf8')

describe('the page of the configuration', () => {
  test('is what config.ts says: `npm run configuration` writes it anew', () => {
    expect(written).toBe(configurationDocument())
  })

  test('explains every variable that is read, once, and no other (stack/configuration/)', () => {
    const explained = PARTS.flatMap(([, groups]) => groups.flatMap(({ variables }) => Object.keys(variables)))
    expect(explained.toSorted()).toEqual(VARIABLES.toSorted())
  })

  test.each([
    ['a default', '| `PORT` ¹ | `3000` | 0 to 65535 | the API'],
    ['what has to be set', '| `AUTH_ISSUER` ¹ | *required* |'],
    ['what may be left out', '| `STRIPE_SECRET_KEY` | none |'],
    ['what it may be', '| `PAYMENT_PROVIDER` | `sandbox` | `sandbox`, `stripe` |'],
    ['a list', '| `AUTH_ROLE_CLAIMS` | `role,roles` |'],
  ])('says %s', (_, row) => {
    expect(written).toContain(row)
  })
})
