// The worker of the baselines, a process of its own like the product's.
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'

const address = process.env['TEMPORAL_ADDRESS'] ?? ''
const taskQueue = process.env['TASK_QUEUE'] ?? ''
Runtime.install({ logger: new DefaultLogger('ERROR') })
const workflowsPath = fileURLToPath(new URL('./workflows/index.ts', import.meta.url))
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  taskQueue,
  activities: { price: async () => 'free', hold: async () => 'held' },
  workflowBundle: await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') }),
})
process.stdout.write('ready\n')
await worker.run()
