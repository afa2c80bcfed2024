import { defineConfig } from 'vitest/config'

const POOL = { pool: 'forks', maxWorkers: 2 } as const

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
          exclude: ['tests/unit/**', 'tests/integration/sandbox/**', 'tests/integration/stack/**'],
          globalSetup: ['tests/support/global.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
