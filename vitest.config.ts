import { defineConfig } from 'vitest/config'

const POOL = {
  pool: 'forks' as const,
  maxWorkers: 2,
  // Kafka's client sets a timer in the past (tulios/kafkajs#1751), which Node 24 complains about.
  execArgv: ['--disable-warning=TimeoutNegativeWarning'],
  // Machines of CI are shared, and some tests measure time: there a test that fails has a second try, and the report says so.
  retry: process.env['CI'] === undefined ? 0 : 1,
}

/** What kills, floods and measures has the machine to itself, after everything else. */
const ALONE = ['tests/chaos/lapse-storm.test.ts', 'tests/chaos/failpoints.test.ts', 'tests/stream/chaos.test.ts']

export default defineConfig({
  test: {
    ...POOL,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['domain/**/*.test.ts', 'profiles/**/*.test.ts', 'tests/unit/**/*.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['tests/integration/sandbox/**/*.test.ts', 'tests/integration/stack/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          include: ['tests/**/*.test.ts'],
          exclude: [
            'tests/unit/**',
            'tests/integration/sandbox/**',
            'tests/integration/stack/**',
            'tests/stream/**',
            'tests/stories/**',
            ...ALONE,
          ],
          globalSetup: ['tests/support/global.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'stories',
          include: ['tests/stories/**/*.test.ts'],
          globalSetup: ['tests/stories/stack.ts'],
          testTimeout: 60_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'stream',
          include: ['tests/stream/**/*.test.ts'],
          exclude: ALONE,
          globalSetup: ['tests/support/global.ts', 'tests/support/kafka.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: ALONE,
          globalSetup: ['tests/support/global.ts', 'tests/support/kafka.ts'],
          sequence: { groupOrder: 1 },
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
