// `npm start`: everything on this machine, with data in .holdfast/.
import { commandLine, runCommand } from '../runtime/command-line.ts'
import { banner } from './banner.ts'
import { say } from './launcher/progress.mjs'
import { stopTools } from './launcher/tool.mjs'
import { takeDataFolder } from './lock.ts'
import { retract } from './running.ts'
import { developmentSecrets } from './secrets.ts'
import { PORTS, readSettings, sandboxVariables } from './settings.ts'
import { supervise } from './supervisor.ts'
import { bringUp } from './up.ts'

type Options = { kafka?: true; redis?: true; observe?: true; doors?: true }

const program = commandLine('start', 'Brings everything up on this machine; Ctrl-C stops it, data stays.')
  .option('--kafka', 'with a Kafka broker, and the relay between it and the database')
  .option('--redis', 'with a Redis, in which replicas share their limits and their cache')
  .option('--observe', 'with what this machine has of Prometheus (metrics, alerts), Grafana and Jaeger (traces)')
  .option('--doors', 'with a port for each door (docs/doors.md): its usual one where that is free, else another')
  .addHelpText('after', variablesHelp())
  .action(async (options: Options) => {
    process.exitCode = await start(options)
  })

// The terminal, npm and the launcher may each deliver the same Ctrl-C.
const sameSignalMs = 1000

async function start(options: Options): Promise<number> {
  const settings = readSettings(process.env, options)
  const folder = takeDataFolder(settings.home)
  const supervisor = supervise()
  const asked = Promise.withResolvers<'asked'>()
  let askedAt: number | undefined
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      askedAt ??= Date.now()
      asked.resolve('asked')
      if (Date.now() - askedAt < sameSignalMs) return
      supervisor.forceAll()
      process.exit(1)
    })
  }

  const ended = async (): Promise<never> => {
    throw await supervisor.failed
  }
  const run = async (): Promise<'asked'> => {
    const secrets = developmentSecrets(settings.home)
    const urls = await bringUp(process.env, settings, secrets, supervisor)
    say(banner(urls))
    return asked.promise
  }
  try {
    await Promise.race([run(), ended(), asked.promise])
    say('Stopping …')
    return 0
  } finally {
    stopTools()
    await supervisor.stopAll()
    retract(settings.home)
    folder.release()
  }
}

// A closed terminal must not keep us from stopping in order.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

process.exit(await runCommand(program))

function variablesHelp(): string {
  const ports = Object.values(PORTS).map(({ variable, usual }) => `${variable} (${usual})`)
  return `
What is set in the environment is used instead of being started: DATABASE_URL, TEMPORAL_ADDRESS, KAFKA_BROKERS
(which asks for the relay as --kafka does), REDIS_URL, and, all of them set,
${sandboxVariables.join(', ')}.
Ports: ${ports.join(', ')}.
Data: HOLDFAST_HOME (.holdfast); its logs/ has what each process printed.`
}
