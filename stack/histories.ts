// `npm run histories`: lives through every story of tests/support/stories.ts that has no recorded history, and records it.
import { runTests } from './tests.ts'

const { ok } = await runTests(['--config', 'tests/support/recorder.config.ts', ...process.argv.slice(2)])
process.exitCode = ok ? 0 : 1
