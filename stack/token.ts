// `npm run token`: a JWT of the development issuer, for trying the API by hand.
import { Command } from 'commander'
import { Failure } from './launcher/tool.mjs'
import { runningStack } from './running.ts'
import { tokenFor } from './sandbox-token.ts'

const program = new Command('npm run token --')
  .description('Prints a token of the development issuer.')
  .option('--role <role>', 'customer, student, provider, operator or service', 'customer')
  .option('--sub <id>', 'who it is for', 'ada')
  .option('--name <name>', 'their name')
  .parse()

try {
  const { role, sub, name } = program.opts<{ role: string; sub: string; name?: string }>()
  process.stdout.write(`${await tokenFor(runningStack().sandbox, { role, sub, name })}\n`)
} catch (error) {
  process.stderr.write(`${error instanceof Failure ? error.message : String(error)}\n`)
  process.exitCode = 1
}
