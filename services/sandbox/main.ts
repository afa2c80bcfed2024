import { pino } from 'pino'
import { createSandbox, type Sandbox } from './app.ts'
import { readSettings, type Settings } from './settings.ts'

/** Stops the process with one sentence. What was not foreseen keeps its stack trace. */
function stop(sentence: string): never {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

function settingsOf(env: NodeJS.ProcessEnv): Settings {
  try {
    return readSettings(env)
  } catch (error) {
    return stop((error as Error).message)
  }
}

const { port, grpcPort, hostname, logLevel, ...options } = settingsOf(process.env)
const log = pino({ name: 'sandbox', level: logLevel })

function open(): Sandbox {
  try {
    return createSandbox({ ...options, log })
  } catch (error) {
    return stop(`SANDBOX_DATABASE ${options.database} cannot be used: ${(error as Error).message}.`)
  }
}

const sandbox = open()
if (grpcPort !== null) {
  try {
    await sandbox.listenGrpc({ port: grpcPort, hostname })
  } catch (error) {
    const reason = (error as Error).message.includes('EADDRINUSE') ? 'is taken' : `failed: ${(error as Error).message}`
    stop(`SANDBOX_GRPC_PORT ${grpcPort} on ${hostname} ${reason}.`)
  }
}
try {
  const { url } = await sandbox.listen({ port, hostname })
  log.info({ url, grpcPort, issuer: options.issuer, database: options.database }, 'the sandbox is listening')
} catch (error) {
  const reason =
    (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'is taken' : `failed: ${(error as Error).message}`
  stop(`SANDBOX_PORT ${port} on ${hostname} ${reason}.`)
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    log.info({ signal }, 'the sandbox is stopping')
    void sandbox.close()
  })
}
