import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { misfits, record, recordings } from './histories.ts'
import { STORIES } from './stories.ts'
import { openWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

// What was recorded once stays: it is what runs in the field look like (H-23). To record a story anew, delete its files.
const known = new Set(recordings().map(({ name }) => name))
const missing = Object.entries(STORIES).filter(([name]) => !known.has(name))

test.each([...missing])('records %s', async (name, story) => {
  expect(await record(world, name, await story(world))).toContain(name)
})

test('the recordings replay', async () => {
  expect(await misfits({ codePath: inject('shared').bundlePath }, recordings())).toEqual({})
})
