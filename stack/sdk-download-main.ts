// Run as a process of its own by sdk-download.ts: the SDK's download cannot be cancelled, a process can.
import { TestWorkflowEnvironment } from '@temporalio/testing'

const [server, version, downloadDir] = process.argv.slice(2)
if (server === undefined || version === undefined || downloadDir === undefined) process.exit(2)
// The SDK's own handler keeps the process alive.
process.on('SIGTERM', () => process.exit(143))
// It downloads by starting the server once, which also shows that it runs here.
const executable = { type: 'cached-download', downloadDir, version, ttl: '100 years' } as const
const create =
  server === 'time-skipping'
    ? TestWorkflowEnvironment.createTimeSkipping({ server: { executable } })
    : TestWorkflowEnvironment.createLocal({ server: { executable } })
const environment = await create.catch((error: Error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
})
await environment.teardown()
