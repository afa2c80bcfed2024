import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { STATUSES, TRIGGERS, next } from '../../domain/lifecycle.ts'
import { PROFILES } from '../../profiles/index.ts'
import { PROFILE_NAMES } from '../../profiles/profile.ts'
import { LIFECYCLES_FILE, lifecyclesDocument } from '../../stack/lifecycles.ts'

const written = readFileSync(fileURLToPath(new URL(`../../${LIFECYCLES_FILE}`, import.meta.url)), 'utf8')

/** The part of the page that is about a profile. */
function sectionOf(name: string): string {
  return written.split(/^## /m).find((section) => section.startsWith(`${name}\n`)) ?? ''
}

describe('the page of life cycles', () => {
  test('is what the profiles say: `npm run lifecycles` writes it anew', () => {
    expect(written).toBe(lifecyclesDocument())
  })

  test.each(PROFILE_NAMES)('draws every arrow of %s, and no other', (name) => {
    const drawn = [...sectionOf(name).matchAll(/^ {4}(\w+) --> (\w+): (\w+)$/gm)].map(
      ([, from, to, by]) => `${from} ${by} ${to}`,
    )
    const { lifecycle } = PROFILES[name]
    const listed = STATUSES.flatMap((from) =>
      TRIGGERS.flatMap((by) => {
        const to = next(lifecycle, from, by)
        return to === undefined ? [] : [`${from} ${by} ${to}`]
      }),
    )
    expect(drawn.toSorted()).toEqual(listed.toSorted())
    expect(sectionOf(name)).toContain('[*] --> pending: held')
  })

  test.each([
    ['tutoring', 'comes back when the customer cancels | 100 % until 1 day before the start, then nothing'],
    ['clinic', 'the approver has | 1 day'],
    ['ticketing', 'held for | 10 min'],
    [
      'ticketing',
      'comes back when the customer cancels | 100 % until 7 days before the start, 50 % until 2 days before the start, then nothing',
    ],
    ['venue', 'a no-show by itself | 1 h after the start'],
    ['course', 'comes back when the customer cancels | 100 % until the start, then nothing'],
  ])('says of %s: %s', (name, row) => {
    expect(sectionOf(name)).toContain(`| ${row} |`)
  })
})
