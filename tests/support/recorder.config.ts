import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** For `npm run histories` alone: what it runs is no test. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    name: 'histories',
    pool: 'forks',
    include: ['tests/support/recorder.ts'],
    globalSetup: ['tests/support/global.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
