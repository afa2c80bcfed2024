import { fileURLToPath } from 'node:url'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { defineConfig } from 'vitest/config'

const FORKS = {
  pool: 'forks' as const,
  // Kafka's client sets a timer in the past (tulios/kafkajs#1751), which Node 24 complains about.
  execArgv: ['--disable-warning=TimeoutNegativeWarning'],
}

/**
 * Files that follow one another in the same process, which loads the product once. Each has its own database, task queue and ports all the same.
 * Three such processes on two cores, because a test waits more often than it works.
 */
const TOGETHER = { ...FORKS, isolate: false, maxWorkers: 3 }

const PARTS = ['tests/integration/sandbox/**/*.test.ts', 'tests/integration/stack/**/*.test.ts']
const UNIT = ['domain/**/*.test.ts', 'profiles/**/*.test.ts', 'tests/unit/**/*.test.ts']
const SERVERS = 'tests/support/global.ts'
const KAFKA = 'tests/support/kafka.ts'

/** The projects one after the other: those that wait most first, and last what is so short that all processes end at the same time. */
const ORDER = ['stories', 'stream', 'whole', 'parts', 'unit', 'long', 'long-doors', 'long-alone']

/** Within a project what took longest the last time goes first. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ project }: TestSpecification) => ORDER.indexOf(project.name)
    return (await super.sort(files)).toSorted((one, other) => place(one) - place(other))
  }
}

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('..', import.meta.url)),
    sequence: { sequencer: LongestFirst },
    // A bound for what hangs, and no measure of speed: a machine may have other things to do.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    projects: [
      {
        extends: true,
        test: { ...TOGETHER, name: 'unit', include: UNIT },
      },
      {
        extends: true,
        test: { ...TOGETHER, name: 'parts', include: PARTS },
      },
      {
        extends: true,
        test: {
          ...TOGETHER,
          name: 'whole',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/long/**', 'tests/stream/**', 'tests/stories/**', ...PARTS, ...UNIT],
          globalSetup: [SERVERS],
        },
      },
      {
        extends: true,
        test: {
          ...TOGETHER,
          name: 'stories',
          include: ['tests/stories/**/*.test.ts'],
          globalSetup: ['tests/stories/stack.ts'],
        },
      },
      {
        extends: true,
        test: {
          ...TOGETHER,
          name: 'stream',
          include: ['tests/stream/**/*.test.ts'],
          globalSetup: [SERVERS, KAFKA],
        },
      },
      // The projects of `npm run test:long`: everything in tests/long. What kills and what floods shares its process with nobody.
      {
        extends: true,
        test: {
          ...FORKS,
          name: 'long',
          include: ['tests/long/**/*.test.ts'],
          exclude: ['tests/long/alone/**'],
          globalSetup: [SERVERS, KAFKA],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      // The clients of the five documents once more, on what `npm start -- --doors --kafka` runs.
      {
        extends: true,
        test: {
          ...FORKS,
          name: 'long-doors',
          include: ['tests/doors/**/*.test.ts'],
          globalSetup: ['tests/doors/stack.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
      // These have the machine to themselves, after everything else.
      {
        extends: true,
        test: {
          ...FORKS,
          name: 'long-alone',
          include: ['tests/long/alone/**/*.test.ts'],
          globalSetup: [SERVERS, KAFKA],
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
