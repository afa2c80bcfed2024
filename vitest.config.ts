import { defineConfig } from 'vitest/config'

const POOL = {
  pool: 'forks' as const,
  maxWorkers: 2,
  // Kafka's client sets a timer in the past (tulios/kafkajs#1751), which Node 24 complains about.
  execArgv: ['--disable-warning=TimeoutNegativeWarning'],
}

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
          exclude: ['tests/unit/**', 'tests/integration/sandbox/**', 'tests/integration/stack/**', 'tests/stream/**'],
          globalSetup: ['tests/support/global.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'stream',
          include: ['tests/stream/**/*.test.ts'],
          globalSetup: ['tests/support/global.ts', 'tests/support/kafka.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
